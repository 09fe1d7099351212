import { expect, test } from "vitest";
import { formatRemoval, parseRules } from "./firewall-rules.ts";

const id = "2a".repeat(32);
const other = "9f".repeat(32);
const chain = "CNI-6f140817e06c93989db4b594";

function comment(of: string): string {
  return String.raw`-m comment --comment "name: \"pods\" id: \"${of}\""`;
}

const saved = [
  "*filter",
  `-A FORWARD ${comment(id)} -j ACCEPT`,
  "COMMIT",
  "*nat",
  ":POSTROUTING ACCEPT [0:0]",
  `:${chain} - [0:0]`,
  `-A POSTROUTING -s 10.0.0.4/32 ${comment(id)} -j ${chain}`,
  `-A POSTROUTING -s 10.0.0.5/32 ${comment(other)} -j CNI-aa`,
  `-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING`,
  `-A ${chain} -d 10.0.0.0/24 ${comment(id)} -j ACCEPT`,
  `-A ${chain} ! -d 224.0.0.0/4 ${comment(id)} -j MASQUERADE`,
  "COMMIT",
  "",
].join("\n");

test("parseRules() finds the rules that carry an id, in the table nat alone", () => {
  expect(parseRules(saved).map((rule) => [rule.chain, rule.id, rule.target])).toEqual([
    ["POSTROUTING", id, chain],
    ["POSTROUTING", other, "CNI-aa"],
    [chain, id, "ACCEPT"],
    [chain, id, "MASQUERADE"],
  ]);
  expect(parseRules("")).toEqual([]);
});

test("formatRemoval() takes away one attachment's rules and chain, and nothing else", () => {
  expect(formatRemoval(id, parseRules(saved))).toBe(
    [
      "*nat",
      `-D POSTROUTING -s 10.0.0.4/32 ${comment(id)} -j ${chain}`,
      `-F ${chain}`,
      `-X ${chain}`,
      "COMMIT",
      "",
    ].join("\n"),
  );
});

test("formatRemoval() never removes a chain that is not a plugin's", () => {
  const shared = `*nat\n-A KUBE-X ${comment(id)} -j ACCEPT\nCOMMIT\n`;

  expect(formatRemoval(id, parseRules(shared))).toBe(`*nat\n-D KUBE-X ${comment(id)} -j ACCEPT\nCOMMIT\n`);
  expect(formatRemoval("00".repeat(32), parseRules(shared))).toBe("");
});
