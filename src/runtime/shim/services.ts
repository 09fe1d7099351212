import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { Sandbox } from "#proto/containerd/sandbox/v1/sandbox_pb.js";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import { Status } from "#proto/containerd/v1/types/process_pb.js";
import type { ShimState } from "#spec";
import type { RuntimeState } from "../types.ts";
import type { ShimCallOptions, ShimClient } from "./shim-client.ts";

/** How a container or a sandbox ended, as a shim says it. */
export interface ShimExit {
  readonly exitStatus: number;
  readonly exitedAt?: Timestamp | undefined;
}

/** What is asked of a shim about one thing that it runs, whichever of its services answers. */
export interface ShimService {
  inspect(client: ShimClient, id: string, options: ShimCallOptions): Promise<RuntimeState>;
  kill(client: ShimClient, victim: Victim, options: ShimCallOptions): Promise<void>;
  /** Which method `wait` calls. */
  readonly waitMethod: string;
  /** Answers when it has ended. */
  wait(client: ShimClient, id: string): Promise<ShimExit>;
  /** Makes the shim forget it, when it has ended. */
  delete(client: ShimClient, id: string, options: ShimCallOptions): Promise<void>;
  /** Ends the shim, when nothing else is with it. */
  shutdown(client: ShimClient, id: string, options: ShimCallOptions): Promise<void>;
}

export interface Victim {
  readonly id: string;
  readonly signal: number;
  readonly isWhole: boolean;
}

/** The service for what a state is about. */
export function serviceOf({ kind }: ShimState): ShimService {
  return kind === "sandbox" ? sandboxService : taskService;
}

const taskService: ShimService = {
  inspect: async (client, id, options) => stateOf((await client.call(Task.method.state, { id }, options)).status),
  kill: async (client, { id, signal, isWhole }, options) => {
    await client.call(Task.method.kill, { id, signal, all: isWhole }, options);
  },
  waitMethod: Task.method.wait.name,
  wait: (client, id) => client.call(Task.method.wait, { id }, { timeoutMs: "none" }),
  delete: async (client, id, options) => {
    await client.call(Task.method.delete, { id }, options);
  },
  shutdown: async (client, id, options) => {
    await client.call(Task.method.shutdown, { id, now: false }, options);
  },
};

/** Time that a sandbox is given to end by itself; its containers have ended before. */
const stopSeconds = 10;
/** What a sandbox that runs says of itself. */
const readyState = "SANDBOX_READY";

const sandboxService: ShimService = {
  inspect: async (client, id, options) => {
    const { state } = await client.call(Sandbox.method.sandboxStatus, { sandboxId: id }, options);
    return state === readyState ? "running" : "stopped";
  },
  kill: async (client, { id }, options) => {
    await client.call(Sandbox.method.stopSandbox, { sandboxId: id, timeoutSecs: stopSeconds }, options);
  },
  waitMethod: Sandbox.method.waitSandbox.name,
  wait: (client, id) => client.call(Sandbox.method.waitSandbox, { sandboxId: id }, { timeoutMs: "none" }),
  // A shim forgets its sandbox when it is shut down.
  delete: () => Promise.resolve(),
  shutdown: async (client, id, options) => {
    await client.call(Sandbox.method.shutdownSandbox, { sandboxId: id }, options);
  },
};

function stateOf(status: Status): RuntimeState {
  switch (status) {
    case Status.CREATED:
      return "created";
    case Status.RUNNING:
      return "running";
    case Status.PAUSED:
    case Status.PAUSING:
      return "paused";
    case Status.STOPPED:
    case Status.UNKNOWN:
      return "stopped";
  }
}
