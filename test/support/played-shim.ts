import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { create, fromBinary, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import { Status } from "#proto/containerd/v1/types/process_pb.js";
import { TtrpcServer } from "#wire";

type Service = (typeof Task)["method"];
type TaskMethod = Service[keyof Service]["name"];

/** The shim dies; there is no answer to this call; nor to this one and any later one; there is no such method; what comes is none of its messages. */
export type Failure = "dies" | "hangs" | "deafens" | "missing" | "garbles";

export interface PlayedShimOptions {
  /** What becomes of calls; those that are not named succeed. */
  readonly fails: Readonly<Partial<Record<TaskMethod, Failure>>>;
  /** What `Connect` says that the shim's process is. @default the one that there is */
  readonly claimedPid?: number;
}

/** A shim, of one container at a time, whose process only sleeps, and whose calls are answered by the test. */
export interface PlayedShim extends AsyncDisposable {
  readonly program: string;
  /** Whether its program was told to clean up after it. */
  hasCleanedUp(): Promise<boolean>;
}

/**
 * Writes a program of shell.
 *
 * Another process does it: a program that this one has open to write cannot be started, nor while a child that is just being
 * started, by a test beside this one, has inherited that.
 */
export async function writeScript(program: string, script: string): Promise<void> {
  const writing = promisify(execFile)("/bin/sh", ["-c", 'cat >"$0" && chmod 755 "$0"', program]);
  writing.child.stdin?.end(`#!/bin/sh\n${script}\n`);
  await writing;
}

/** Plays a shim: its program is a few lines of shell, so that a test that waits for deadlines does nothing else. */
export async function playShim(directory: string, options: PlayedShimOptions): Promise<PlayedShim> {
  const play = new Play(directory, options);
  await play.open();
  return play;
}

type Answers = {
  readonly [Name in keyof Service]?: (
    request: MessageShape<Service[Name]["input"]>,
  ) => Promise<MessageInitShape<Service[Name]["output"]>>;
};

type AnyAnswers = Readonly<Record<string, ((request: unknown) => Promise<Record<string, unknown>>) | undefined>>;

const killedCode = 137;

class Play implements PlayedShim {
  readonly program: string;
  readonly #directory: string;
  readonly #options: PlayedShimOptions;
  readonly #connections = new Set<Socket>();
  readonly #server = createServer((socket) => this.#serve(socket));
  readonly #ended = Promise.withResolvers<void>();
  #isDeaf = false;
  #status = Status.CREATED;

  constructor(directory: string, options: PlayedShimOptions) {
    this.#directory = directory;
    this.#options = options;
    this.program = path.join(directory, "containerd-shim-played-v1");
  }

  async open(): Promise<void> {
    const [pid, socket, cleaned] = ["pid", "socket", "cleaned"].map((name) => path.join(this.#directory, `p-${name}`));
    const script = `case " $* " in
*" start "*) sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >${pid}; echo unix://${socket};;
*" delete "*) : >${cleaned};;
esac`;
    await writeScript(this.program, script);
    await new Promise<void>((resolve) => this.#server.listen(socket, resolve));
  }

  async hasCleanedUp(): Promise<boolean> {
    return await readFile(path.join(this.#directory, "p-cleaned")).then(
      () => true,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#hangUp();
  }

  readonly #answers: Answers = {
    connect: async () => ({ shimPid: this.#options.claimedPid ?? (await this.#pid()) }),
    create: async () => ({ pid: await this.#pid() }),
    start: async () => {
      this.#status = Status.RUNNING;
      return { pid: await this.#pid() };
    },
    state: async ({ id }) => ({ id, status: this.#status }),
    pause: async () => {
      this.#status = Status.PAUSED;
      return {};
    },
    resume: async () => {
      this.#status = Status.RUNNING;
      return {};
    },
    checkpoint: async () => ({}),
    exec: async () => ({}),
    kill: async () => {
      this.#status = Status.STOPPED;
      this.#ended.resolve();
      return {};
    },
    wait: async () => {
      await this.#ended.promise;
      return { exitStatus: killedCode };
    },
    delete: async () => ({ exitStatus: killedCode }),
    shutdown: async () => {
      // Where it was, the next one will be.
      setImmediate(() => void this.#end());
      return {};
    },
  };

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.once("close", () => this.#connections.delete(socket));
    // That crisp hangs up is no news.
    socket.on("error", () => undefined);
    new TtrpcServer(socket, { unary: ({ method, payload }) => this.#take(method as TaskMethod, payload) });
  }

  async #take(name: TaskMethod, payload: Uint8Array): Promise<Uint8Array> {
    const failure = this.#isDeaf ? "hangs" : this.#options.fails[name];
    if (failure === undefined) return await this.#answer(name, payload);
    if (failure === "garbles") return Buffer.from([0xff, 0xff]);
    if (failure === "missing") throw noMethod(name);
    if (failure === "deafens") this.#isDeaf = true;
    if (failure === "dies") await this.#die();
    return await never();
  }

  async #answer(name: TaskMethod, payload: Uint8Array): Promise<Uint8Array> {
    const method = Task.methods.find((known) => known.name === name);
    const answer = method === undefined ? undefined : (this.#answers as AnyAnswers)[method.localName];
    if (method === undefined || answer === undefined) throw noMethod(name);
    return toBinary(method.output, create(method.output, await answer(fromBinary(method.input, payload))));
  }

  async #die(): Promise<void> {
    this.#server.close();
    await this.#end();
  }

  async #end(): Promise<void> {
    process.kill(await this.#pid(), "SIGKILL");
    this.#hangUp();
  }

  #hangUp(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  async #pid(): Promise<number> {
    return Number(await readFile(path.join(this.#directory, "p-pid"), "utf8"));
  }
}

function noMethod(name: string): Fault {
  return new Fault("unsupported", `no ${name} here`);
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
