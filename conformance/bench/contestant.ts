import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ContainerConfigSchema, PodSandboxConfigSchema } from "#proto/cri/v1/runtime_pb.js";

/** What one pod of the benchmark is: a sandbox with one container. */
export interface PodRecipe {
  readonly sandbox: MessageInitShape<typeof PodSandboxConfigSchema>;
  readonly container: MessageInitShape<typeof ContainerConfigSchema>;
  /** @default the server's default */
  readonly handler?: string;
}

/** A CRI server that is measured. Nothing is known of it but its socket. */
export interface Contestant {
  readonly name: string;
  /** `unix:///…` */
  readonly endpoint: string;
  /** Labels that all of the benchmark's pods carry and no other pod: by them it removes what a failure left. */
  readonly labels: Readonly<Record<string, string>>;
  /** The pod of this name; names are never used twice. */
  readonly recipe: (podName: string) => PodRecipe;
  /** Where its processes are, when that is known. */
  readonly findProcesses?: () => Promise<ContestantProcesses>;
  /** What it tells of the calls that it has answered, by method. */
  readonly readServedCalls?: () => Promise<ReadonlyMap<string, ServedCalls>>;
}

/** Calls as a server has measured them itself: from their arrival to their answer, without the way there and back. */
export interface ServedCalls {
  readonly count: number;
  readonly totalMs: number;
}

export interface ContestantProcesses {
  /** The server itself. */
  readonly daemon: number;
  /** What it keeps beside the server for its pods: monitors, shims, pause processes; not the containers' own. */
  readonly keepers: readonly number[];
}
