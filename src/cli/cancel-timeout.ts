import type { Command } from "commander";
import { parseDurationMs } from "./duration.ts";

export interface CancelTimeoutFlags {
  /** Milliseconds. */
  readonly cancelTimeout?: number;
}

/** Declares `-T`: the limit of an act that works, which `--timeout` does not limit. */
export function declareCancelTimeout(command: Command): void {
  command.option(
    "-T, --cancel-timeout <duration>",
    "give the request up after this time (default: 2m)",
    parseDurationMs,
  );
}
