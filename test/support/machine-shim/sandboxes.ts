import { writeFileSync } from "node:fs";
import { arch } from "node:os";
import path from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import type { Sandbox } from "#proto/containerd/sandbox/v1/sandbox_pb.js";
import { PodSandboxConfigSchema } from "#proto/cri/v1/runtime_pb.js";
import { noteLeft } from "./machine.ts";
import { metricsOf } from "./metrics.ts";
import type { Handlers } from "./serve.ts";

/** The machine that the sandbox service asks for: made, started, stopped; one a shim. */
export class Sandboxes {
  readonly #boot: () => Promise<number>;
  readonly #halt: () => void;
  readonly #onShutdown: () => void;
  readonly #listPids: () => readonly number[];
  readonly #ended = Promise.withResolvers<void>();
  #bundle = "";
  #state: "none" | "created" | "ready" | "ended" = "none";

  constructor({ boot, halt, onShutdown, listPids }: MachineControl) {
    this.#listPids = listPids;
    this.#boot = boot;
    this.#halt = halt;
    this.#onShutdown = onShutdown;
  }

  /** Whether there is a machine that its containers do not end. */
  get isControlled(): boolean {
    return this.#state !== "none";
  }

  /** The machine has ended, by itself or because it was told to. */
  machineEnded(): void {
    this.#state = "ended";
    this.#ended.resolve();
  }

  readonly handlers: Handlers<typeof Sandbox> = {
    createSandbox: async ({ sandboxId, bundlePath, netnsPath, annotations, options }) => {
      if (this.#state !== "none") throw new Fault("exists", `sandbox ${sandboxId}: exists`);
      if (bundlePath === "" || options?.typeUrl !== "runtime.v1.PodSandboxConfig") {
        throw new Fault("invalid", "a bundle and the pod's configuration are needed");
      }
      this.#state = "created";
      this.#bundle = bundlePath;
      const { hostname, linux } = fromBinary(PodSandboxConfigSchema, options.value);
      const memory = String(linux?.resources?.memoryLimitInBytes ?? 0n);
      writeFileSync(path.join(bundlePath, "asked.json"), JSON.stringify({ hostname, netnsPath, annotations, memory }));
      return {};
    },
    startSandbox: async () => {
      const pid = await this.#boot();
      noteLeft(this.#bundle, [pid]);
      this.#state = "ready";
      return { pid };
    },
    platform: async () => ({ platform: { os: "linux", architecture: arch() === "x64" ? "amd64" : arch() } }),
    sandboxStatus: async ({ sandboxId }) => {
      this.#assertMade(sandboxId);
      return { sandboxId, state: this.#state === "ready" ? "SANDBOX_READY" : "SANDBOX_NOTREADY" };
    },
    waitSandbox: async ({ sandboxId }) => {
      this.#assertMade(sandboxId);
      await this.#ended.promise;
      return { exitStatus: 137 };
    },
    stopSandbox: async () => {
      if (this.#state === "ready") this.#halt();
      return {};
    },
    shutdownSandbox: async () => {
      this.#onShutdown();
      return {};
    },
    pingSandbox: async () => ({}),
    sandboxMetrics: async ({ sandboxId }) => ({ metrics: { id: sandboxId, data: metricsOf(this.#listPids()) } }),
  };

  #assertMade(id: string): void {
    if (this.#state === "none") throw new Fault("not-found", `sandbox ${id}: not found`);
  }
}

export interface MachineControl {
  readonly boot: () => Promise<number>;
  readonly halt: () => void;
  readonly onShutdown: () => void;
  /** Processes of the machine and of all that is in it. */
  readonly listPids: () => readonly number[];
}
