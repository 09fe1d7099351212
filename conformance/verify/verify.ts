import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { performance } from "node:perf_hooks";
import type { Check, CheckResult } from "./check.ts";
import { containerChecks } from "./checks/containers.ts";
import { logChecks } from "./checks/logs.ts";
import { networkChecks } from "./checks/network.ts";
import { podChecks } from "./checks/pods.ts";
import { processChecks } from "./checks/processes.ts";
import { resourceChecks } from "./checks/resources.ts";
import { serverChecks } from "./checks/server.ts";
import { Workbench, type WorkbenchOptions } from "./workbench.ts";

const allChecks: readonly Check[] = [
  ...serverChecks,
  ...podChecks,
  ...containerChecks,
  ...logChecks,
  ...processChecks,
  ...networkChecks,
  ...resourceChecks,
];

/** The names of all checks, in their order. */
export const checkNames: readonly string[] = allChecks.map(({ name }) => name);

export interface VerifyOptions extends Omit<WorkbenchOptions, "directory"> {
  /** Where a directory for logs and volumes is made, and removed again; the server must see it. */
  readonly directory: string;
  /** Runs only checks whose names have this in them. @default all */
  readonly only?: string;
  /** Told of each result as it comes. */
  readonly onResult?: (result: CheckResult) => Promise<void>;
}

/**
 * Checks a CRI server with pods of one handler, one check after the other, and answers with what came of each.
 *
 * Everything that a check has made is removed before the next one. What cannot be removed, and an image that cannot be
 * had, is thrown.
 */
export async function verify({ only = "", onResult, ...options }: VerifyOptions): Promise<readonly CheckResult[]> {
  const directory = await mkdtemp(path.join(options.directory, "crisp-verify-"));
  try {
    const bench = new Workbench({ ...options, directory });
    const results: CheckResult[] = [];
    await bench.ensureImage();
    for (const check of allChecks.filter(({ name }) => name.includes(only))) {
      options.signal.throwIfAborted();
      const result = await runCheck(check, bench);
      results.push(result);
      await onResult?.(result);
    }
    return results;
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function runCheck({ name, run }: Check, bench: Workbench): Promise<CheckResult> {
  const startedAt = performance.now();
  const timed = (): number => Math.round(performance.now() - startedAt);
  try {
    await run(bench);
    return { name, outcome: "passed", durationMs: timed(), problem: "" };
  } catch (error) {
    const outcome = isUnsupported(error) ? "unsupported" : "failed";
    return { name, outcome, durationMs: timed(), problem: error instanceof Error ? error.message : String(error) };
  } finally {
    await bench.clear();
  }
}

/** The client's faults have a kind; that of a call which the server does not have is this. */
function isUnsupported(error: unknown): boolean {
  return error instanceof Error && "kind" in error && error.kind === "unsupported";
}
