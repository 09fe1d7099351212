import { isFault } from "#foundation";
import type { Processes, RunResult } from "#host";
import { firewallFailed } from "./faults.ts";

/** Where the plugins bridge, ptp and portmap leave their rules; each program for a family of addresses. */
const families = [
  { save: "iptables-save", restore: "iptables-restore" },
  { save: "ip6tables-save", restore: "ip6tables-restore" },
] as const;
/** Deadline of each program: a node has tens of thousands of rules. */
const timeoutMs = 20_000;
const maxOutputBytes = 64 * 1024 * 1024;

/** Plugins write into a rule's comment for whom it is, and give each attachment a chain of this form. */
const rulePattern = /^-A (\S+) .*--comment "(?:dnat )?name: \\"[^"\\]*\\" id: \\"([\da-f]{64})\\"".* -j (\S+)$/;
const chainPattern = /^CNI(?:-DN|-SN)?-[\da-f]+$/;

export interface FirewallDeps {
  readonly processes: Pick<Processes, "run">;
  readonly environment: Readonly<Record<string, string>>;
}

/** Ids of the attachments that plugins have rules of iptables for; none where there is no iptables. */
export async function listFirewalled(deps: FirewallDeps): Promise<ReadonlySet<string>> {
  const saved = await Promise.all(families.map(({ save }) => saveRules(save, deps)));
  return new Set(saved.flatMap((text) => parseRules(text).map(({ id }) => id)));
}

/** Removes the rules of one attachment with the chains that are its own; in each family all or none. */
export async function removeFirewallRules(id: string, deps: FirewallDeps): Promise<void> {
  for (const { save, restore } of families) {
    const script = formatRemoval(id, parseRules(await saveRules(save, deps)));
    if (script === "") continue;
    const args = ["--noflush", "--wait", "5"];
    const outcome = await run({ program: restore, args }, deps, script);
    if (outcome.exitCode !== 0) throw firewallFailed(restore, outcome);
  }
}

interface FirewallRule {
  readonly id: string;
  readonly chain: string;
  readonly target: string;
  /** As it was listed. */
  readonly line: string;
}

/** The rules of the table nat that carry an attachment's id. */
export function parseRules(saved: string): readonly FirewallRule[] {
  const start = saved.indexOf("*nat\n");
  if (start < 0) return [];
  const lines = saved.slice(start, saved.indexOf("\nCOMMIT", start)).split("\n");
  return lines.flatMap((line) => {
    const [, chain, id, target] = rulePattern.exec(line) ?? [];
    return chain === undefined || id === undefined || target === undefined ? [] : [{ id, chain, target, line }];
  });
}

/** The script that takes an attachment's rules away; empty when it has none. */
export function formatRemoval(id: string, rules: readonly FirewallRule[]): string {
  const own = rules.filter((rule) => rule.id === id);
  if (own.length === 0) return "";
  const chains = [...new Set(own.flatMap(({ chain, target }) => [chain, target]))].filter(isChainOfOne);
  // What leads to a chain goes first: one that is used cannot be removed.
  const leading = own.filter(({ chain }) => !isChainOfOne(chain)).map(({ line }) => line.replace(/^-A/, "-D"));
  const flushing = chains.map((chain) => `-F ${chain}`);
  const removing = chains.map((chain) => `-X ${chain}`);
  return ["*nat", ...leading, ...flushing, ...removing, "COMMIT", ""].join("\n");
}

function isChainOfOne(chain: string): boolean {
  return chainPattern.test(chain);
}

async function saveRules(program: string, deps: FirewallDeps): Promise<string> {
  try {
    const outcome = await run({ program, args: ["-t", "nat"] }, deps);
    if (outcome.exitCode !== 0 || outcome.timedOut) throw firewallFailed(program, outcome);
    return outcome.stdout.toString("utf8");
  } catch (error) {
    if (isFault(error, "not-found")) return ""; // without the program nobody has made a rule with it
    throw error;
  }
}

function run(
  { program, args }: { readonly program: string; readonly args: readonly string[] },
  { processes, environment }: FirewallDeps,
  script?: string,
): Promise<RunResult> {
  const input = script === undefined ? {} : { stdin: Buffer.from(script) };
  return processes.run({ program, args, env: environment }, { timeoutMs, maxOutputBytes, ...input });
}
