import type { Logger } from "#foundation";
import type { Host } from "#host";
import type { LogObserver, LogWriters } from "../log-writer/log-writers.ts";
import { type RuntimeTimeouts, usualTimeouts } from "../timeouts.ts";
import type { ShimEvents } from "./events.ts";
import type { Exits } from "./exits.ts";
import type { PublishProgram } from "./publish-program.ts";
import type { RuntimeLauncher } from "./runtime-launcher.ts";
import type { OptionValue } from "./runtime-options.ts";
import type { Shims } from "./shims.ts";

export interface ShimRuntimeOptions {
  /** Name that a pod's RuntimeClass selects the runtime by. */
  readonly handler: string;
  /** The shim's program, by path or by name. */
  readonly shimPath: string;
  /** Directory of this handler's own: the socket of its events, and what a runtime beneath the shim keeps. */
  readonly root: string;
  /** Directory of programs of crisp's own, on a file system that lets programs run. @default the root */
  readonly programDirectory?: string;
  /**
   * Who makes a pod: crisp, with a container that does nothing, or the shim itself by the sandbox service.
   * @default "container"
   */
  readonly sandboxer?: "container" | "shim";
  /** What the shim is given with each container. */
  readonly options?: Readonly<Record<string, OptionValue>>;
  /** The program that writes the containers' logs. @default "conmon" */
  readonly conmonPath?: string;
  /** How long logs wait for a disk that takes nothing before lines are dropped. @default 60000 */
  readonly fullDiskWaitMs?: number;
  /** @default "cgroupfs" */
  readonly cgroupDriver?: "cgroupfs" | "systemd";
  /** @default {@link usualTimeouts} */
  readonly timeouts?: RuntimeTimeouts;
}

export interface ShimRuntimeDeps {
  readonly host: Pick<Host, "processes" | "files" | "cgroups" | "machine" | "sockets">;
  readonly logger: Logger;
  readonly logObserver?: LogObserver;
}

export type ShimSettings = Required<ShimRuntimeOptions>;

/** What the acts of a shim runtime work with. */
export interface ShimContext extends ShimRuntimeDeps {
  readonly settings: ShimSettings;
  /** The shims that are called now. */
  readonly shims: Shims;
  readonly logs: LogWriters;
  /** Whether this handler's shims were seen to take whole pods. */
  readonly grouping: { isKnown: boolean };
  /** What stands before the runtime beneath runc's shim. */
  readonly launcher: RuntimeLauncher;
  readonly events: ShimEvents;
  /** By which shims tell events without a socket. */
  readonly publisher: PublishProgram;
  /** Those who follow containers to their ends, and need all of this themselves. */
  readonly exits: () => Exits;
}

export function normalizeShimOptions(options: ShimRuntimeOptions): ShimSettings {
  return {
    sandboxer: "container",
    programDirectory: options.root,
    options: {},
    conmonPath: "conmon",
    fullDiskWaitMs: 60_000,
    cgroupDriver: "cgroupfs",
    timeouts: usualTimeouts,
    ...options,
  };
}
