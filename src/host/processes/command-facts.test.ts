import { expect, test } from "vitest";
import type { RunResult } from "../types.ts";
import { factsOfCommand, factsOfResult } from "./command-facts.ts";

function result(overrides: Partial<RunResult> = {}): RunResult {
  return {
    exitCode: 0,
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
    durationMs: 1,
    timedOut: false,
    ...overrides,
  };
}

const plugin = { program: "/opt/cni/bin/bridge", args: [], env: { CNI_COMMAND: "ADD", CNI_ARGS: "TOKEN=geheim" } };

test.each([
  [
    ["--password=geheim", "x"],
    ["--password=[redacted]", "x"],
  ],
  [
    ["--db-password", "geheim"],
    ["--db-password", "[redacted]"],
  ],
  [["API_TOKEN=geheim"], ["API_TOKEN=[redacted]"]],
  [["--log=/var/log/x"], ["--log=/var/log/x"]],
  [["a".repeat(300)], [`${"a".repeat(256)}…`]],
])("%j is told as %j", (args, expected) => {
  expect(factsOfCommand({ program: "/bin/p", args })).toEqual({ argv: ["/bin/p", ...expected] });
});

test("of many arguments the first are told, and how many there were", () => {
  const { argv } = factsOfCommand({ program: "p", args: Array.from({ length: 50 }, String) });

  expect(argv).toHaveLength(50);
  expect(argv).toContain("… 2 more");
});

test("of a network plugin the command is told, not the rest of its environment", () => {
  expect(factsOfCommand(plugin)).toEqual({ argv: ["/opt/cni/bin/bridge"], cni: "ADD" });
});

test("a plugin's result is told in a line", () => {
  const stdout = Buffer.from(
    JSON.stringify({
      cniVersion: "1.0.0",
      interfaces: [{ name: "cni0" }, { name: "eth0", sandbox: "/run/x" }],
      ips: [{ address: "10.1.0.5/16", interface: 1 }],
    }),
  );

  expect(factsOfResult(plugin, result({ stdout }))).toEqual({ exitCode: 0, result: "eth0 10.1.0.5" });
});

test("a plugin that printed no result is told without one", () => {
  expect(factsOfResult(plugin, result({ stdout: Buffer.from("{") }))).toEqual({ exitCode: 0 });
});

test("of a failed program the ends of both outputs are told", () => {
  const stderr = Buffer.from(`${"x".repeat(3_000)}last words\n`);
  const facts = factsOfResult(
    { program: "runc", args: [] },
    result({ exitCode: 137, signal: 9, timedOut: true, stderr, stdout: Buffer.from("half\n") }),
  );

  expect(facts).toMatchObject({ exitCode: 137, signal: 9, timedOut: true, stdout: "half" });
  expect(facts["stderr"]).toMatch(/^x+last words$/);
  expect(facts["stderr"]).toHaveLength(2_048);
});
