import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Fault } from "#foundation";
import { ProcessDetailsSchema } from "#proto/containerd/runc/v1/options_pb.js";
import type { Task } from "#proto/containerd/task/v3/task_pb.js";
import { type ProcessInfoSchema, Status } from "#proto/containerd/v1/types/process_pb.js";
import { type Exit, type Inmate, InmateContainer, type InmateProcess } from "./machine.ts";
import { metricsOf } from "./metrics.ts";
import type { Handlers } from "./serve.ts";

const statuses = { created: Status.CREATED, running: Status.RUNNING, stopped: Status.STOPPED } as const;

/** The containers of a machine. */
export class Tasks {
  readonly #containers = new Map<string, InmateContainer>();
  /** The one process that the outside sees of all of them, as it sees a hypervisor. */
  readonly #machinePid: () => number;
  readonly #onIdle: () => void;
  readonly #onOom: (id: string) => void;

  constructor({ machinePid, onIdle, onOom }: Surroundings) {
    this.#machinePid = machinePid;
    this.#onIdle = onIdle;
    this.#onOom = onOom;
  }

  get isEmpty(): boolean {
    return this.#containers.size === 0;
  }

  killAll(): void {
    for (const { init } of this.#containers.values()) init.kill(9);
  }

  readonly handlers: Handlers<typeof Task> = {
    create: async ({ id, bundle, terminal, stdin, stdout, stderr }) => {
      if (terminal) throw new Fault("unsupported", "there are no terminals in here");
      if (this.#containers.has(id)) throw new Fault("exists", `container ${id}: exists`);
      const container = await InmateContainer.open(bundle, { stdin, stdout, stderr }, () => this.#onOom(id));
      this.#containers.set(id, container);
      container.note(this.#machinePid());
      return { pid: this.#machinePid() };
    },
    exec: async ({ id, execId, terminal, stdin, stdout, stderr, spec }) => {
      if (terminal) throw new Fault("unsupported", "there are no terminals in here");
      const container = this.#get(id);
      if (container.init.state !== "running") throw new Fault("wrong-state", `container ${id}: does not run`);
      container.addExec(execId, spec?.value ?? new Uint8Array(), { stdin, stdout, stderr });
      return {};
    },
    start: async ({ id, execId }) => {
      const container = this.#get(id);
      await container.find(execId).start();
      container.note(this.#machinePid());
      return { pid: this.#machinePid() };
    },
    state: async ({ id, execId }) => {
      const container = this.#get(id);
      const inmate = container.find(execId);
      const isPaused = container.isHeld && inmate.state === "running";
      const status = isPaused ? Status.PAUSED : statuses[inmate.state];
      return { id, pid: this.#machinePid(), status, ...ended(inmate) };
    },
    kill: async ({ id, execId, signal }) => {
      if (!this.#get(id).find(execId).kill(signal)) throw new Fault("not-found", "process already finished");
      return {};
    },
    wait: async ({ id, execId }) => stamped(await this.#get(id).find(execId).exited),
    delete: async ({ id, execId }) => {
      const container = this.#get(id);
      const inmate = container.find(execId);
      if (inmate.exit === undefined) throw new Fault("wrong-state", `${id}: has not ended`);
      if (execId === "") this.#containers.delete(id);
      else container.execs.delete(execId);
      return { pid: this.#machinePid(), ...ended(inmate) };
    },
    connect: async () => ({ shimPid: process.pid, taskPid: this.#machinePid(), version: "1.0.0" }),
    shutdown: async () => {
      if (this.isEmpty) this.#onIdle();
      return {};
    },
    pids: async ({ id }) => ({ processes: this.#get(id).processes.map(describe) }),
    pause: async ({ id }) => {
      await this.#get(id).hold(true);
      return {};
    },
    resume: async ({ id }) => {
      await this.#get(id).hold(false);
      return {};
    },
    checkpoint: async ({ id, path }) => {
      await this.#get(id).writeImages(path);
      return {};
    },
    update: async ({ id }) => {
      this.#get(id);
      return {};
    },
    stats: async ({ id }) => ({ stats: metricsOf(this.#get(id).pids) }),
    closeIO: async () => ({}),
  };

  /** Processes of the machine and of all that is in it. */
  get pids(): readonly number[] {
    return [this.#machinePid(), ...[...this.#containers.values()].flatMap(({ pids }) => pids)];
  }

  #get(id: string): InmateContainer {
    const container = this.#containers.get(id);
    if (container === undefined) throw new Fault("not-found", `container ${id}: not found`);
    return container;
  }
}

interface Surroundings {
  readonly machinePid: () => number;
  readonly onIdle: () => void;
  readonly onOom: (id: string) => void;
}

interface Stamped {
  readonly exitStatus: number;
  readonly exitedAt: Timestamp;
}

function describe({ pid, execId }: InmateProcess): MessageInitShape<typeof ProcessInfoSchema> {
  if (execId === "") return { pid };
  const value = toBinary(ProcessDetailsSchema, create(ProcessDetailsSchema, { execId }));
  return { pid, info: { typeUrl: ProcessDetailsSchema.typeName, value } };
}

function ended({ exit }: Inmate): Stamped | Record<string, never> {
  return exit === undefined ? {} : stamped(exit);
}

function stamped({ exitStatus, exitedAtMs }: Exit): Stamped {
  return { exitStatus, exitedAt: timestampFromMs(exitedAtMs) };
}
