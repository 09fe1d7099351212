import type { PublishedPort } from "./plan.ts";

export interface Ruleset {
  /** Name of the table that holds all of a pod's rules. */
  readonly table: string;
  /** What people who list the table are told; quotes and control characters must not be in it. */
  readonly comment: string;
  readonly ports: readonly PublishedPort[];
}

/**
 * Writes the script that puts a pod's host ports into force, all or none, and in place of what the table held before.
 *
 * - `targets` sends what arrives at the node, or begins on it, to the pod.
 * - `answers` gives connections the node's own address where the pod would answer past the node: from pods of the same
 *   network, itself included, and from 127.0.0.1.
 *
 * @see https://wiki.nftables.org/wiki-nftables/index.php/Scripting
 */
export function formatRuleset({ table, comment, ports }: Ruleset): string {
  return [
    ...withdrawal(table),
    `table inet ${table} {`,
    `  comment "${comment}"`,
    ...chain("targets", ports.map(targetRule)),
    ...chain("arriving", ["type nat hook prerouting priority dstnat", "jump targets"]),
    ...chain("beginning", ["type nat hook output priority -100", "jump targets"]), // dstnat, where nft knows no name for it
    ...chain("answers", ["type nat hook postrouting priority srcnat", ...ports.map(returnRule)]),
    "}",
    "",
  ].join("\n");
}

/** Writes the script that takes a table away, whether it is there or not. */
export function formatWithdrawal(table: string): string {
  return [...withdrawal(table), ""].join("\n");
}

/**
 * Writes the script that takes back what `route_localnet` opens on a device: without it, whoever is on the pods' network
 * reaches what listens on 127.0.0.1 only (CVE-2020-8558). It stays as long as the switch does, so it is no pod's.
 */
export function formatGuard(table: string, device: string): string {
  const isStranger = "ct state != { established, related } ct status & dnat == 0";
  return [
    `add table inet ${table}`,
    `add set inet ${table} opened { type ifname; }`,
    `add element inet ${table} opened { "${device}" }`,
    `add chain inet ${table} guard { type filter hook input priority filter; }`,
    `flush chain inet ${table} guard`,
    `add rule inet ${table} guard iifname @opened ip daddr 127.0.0.0/8 ${isStranger} drop`,
    "",
  ].join("\n");
}

/** Only what exists can be deleted, and adding what exists changes nothing. */
function withdrawal(table: string): readonly string[] {
  return [`add table inet ${table}`, `delete table inet ${table}`];
}

function chain(name: string, lines: readonly string[]): readonly string[] {
  return [`  chain ${name} {`, ...lines.map((line) => `    ${line};`), "  }"];
}

function targetRule({ protocol, hostPort, hostIp, containerPort, target }: PublishedPort): string {
  const [ip, to] = target.family === "ipv4" ? ["ip", target.ip] : ["ip6", `[${target.ip}]`];
  const where = hostIp === "" ? anyAddress[target.family] : `${ip} daddr ${hostIp}`;
  return `${where} ${protocol} dport ${hostPort} dnat ${ip} to ${to}:${containerPort}`;
}

/** From ::1 nothing leads to another machine: such a connection is better refused than lost. */
const anyAddress: Readonly<Record<PublishedPort["target"]["family"], string>> = {
  ipv4: "meta nfproto ipv4 fib daddr type local",
  ipv6: "ip6 daddr != ::1 fib daddr type local",
};

function returnRule({ protocol, containerPort, target }: PublishedPort): string {
  const ip = target.family === "ipv4" ? "ip" : "ip6";
  const network = `${target.ip}/${target.prefixLength}`;
  const sources = target.family === "ipv4" ? `{ ${network}, 127.0.0.0/8 }` : network;
  return `${ip} saddr ${sources} ${ip} daddr ${target.ip} ${protocol} dport ${containerPort} ct status dnat masquerade`;
}
