import type { RunOptions, RunResult } from "#host";
import { describeRuntimeError } from "#spec";
import { runtimeTimedOut } from "../faults.ts";
import type { CallOptions } from "../types.ts";
import type { ConmonContext } from "./options.ts";
import { faultOfRuntime } from "./runtime-fault.ts";

/** Arguments that stand before the runtime's subcommand. */
export function globalArguments({ settings }: Pick<ConmonContext, "settings">): readonly string[] {
  return ["--root", settings.runtimeRoot, "--log-format", "json", ...settings.optionArguments.runtime];
}

/** Runs the runtime program; a non-zero exit is a result. */
export async function runRuntime(
  context: ConmonContext,
  args: readonly string[],
  {
    signal,
    stdin,
    timeoutMs = context.settings.timeouts.callMs,
    onStart,
  }: CallOptions & Partial<Pick<RunOptions, "stdin" | "timeoutMs" | "onStart">> = {},
): Promise<RunResult> {
  const { runtimePath } = context.settings;
  return context.host.processes.run(
    { program: runtimePath, args: [...globalArguments(context), ...args] },
    {
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
      ...(stdin === undefined ? {} : { stdin }),
      ...(onStart === undefined ? {} : { onStart }),
    },
  );
}

/** Throws what a failed run of the runtime means; does nothing after one that went well. */
export function assertSucceeded(act: string, result: RunResult): void {
  if (result.timedOut) throw runtimeTimedOut(act, result.durationMs);
  if (result.exitCode !== 0) throw faultOfRuntime(act, describeRuntimeError(result.stderr.toString("utf8")));
}
