import type { Logger } from "#foundation";
import type { Host } from "#host";
import type { LogObserver, LogWriters } from "../log-writer/log-writers.ts";
import { type RuntimeTimeouts, usualTimeouts } from "../timeouts.ts";
import type { OptionArguments, OptionsInput } from "./runtime-options.ts";
import { readOptions } from "./runtime-options.ts";
import type { RuntimeProgram } from "./runtime-program.ts";

export interface ConmonRuntimeOptions {
  /** Name that a pod's RuntimeClass selects the runtime by. */
  readonly handler: string;
  /** The OCI runtime program, by path or by name. */
  readonly runtimePath: string;
  /** Directory in which the runtime keeps its state; this handler's own. */
  readonly runtimeRoot: string;
  /** @default "conmon" */
  readonly conmonPath?: string;
  /** What only this runtime knows; see `readOptions`. */
  readonly options?: OptionsInput["options"];
  /** Directory of programs of crisp's own, on a file system that lets programs run. @default the runtime's root */
  readonly programDirectory?: string;
  /** How long logs wait for a disk that takes nothing before lines are dropped. @default 60000 */
  readonly fullDiskWaitMs?: number;
  /** @default "cgroupfs" */
  readonly cgroupDriver?: "cgroupfs" | "systemd";
  /** @default {@link usualTimeouts} */
  readonly timeouts?: RuntimeTimeouts;
}

export interface ConmonRuntimeDeps {
  readonly host: Pick<Host, "processes" | "files" | "cgroups" | "machine" | "sockets">;
  readonly logger: Logger;
  readonly logObserver?: LogObserver;
}

export type Settings = Required<Omit<ConmonRuntimeOptions, "options">> & { readonly optionArguments: OptionArguments };

/** What the acts of a conmon runtime work with. */
export interface ConmonContext extends ConmonRuntimeDeps {
  readonly settings: Settings;
  /** What creates and execs are started with. */
  readonly program: RuntimeProgram;
  readonly logs: LogWriters;
}

/** @throws Fault `invalid` for an option that the runtime does not have */
export function normalizeOptions({ options = {}, ...named }: ConmonRuntimeOptions): Settings {
  const settings = {
    conmonPath: "conmon",
    programDirectory: named.runtimeRoot,
    fullDiskWaitMs: 60_000,
    cgroupDriver: "cgroupfs",
    timeouts: usualTimeouts,
    ...named,
  } as const;
  return { ...settings, optionArguments: readOptions({ ...settings, options }) };
}
