import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { arch } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import { Sandbox } from "#proto/containerd/sandbox/v1/sandbox_pb.js";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import { Status } from "#proto/containerd/v1/types/process_pb.js";
import { TtrpcServer } from "#wire";
import type { Handlers } from "./machine-shim/serve.ts";

type TaskService = (typeof Task)["method"];
type SandboxService = (typeof Sandbox)["method"];
type MethodName = (TaskService[keyof TaskService] | SandboxService[keyof SandboxService])["name"];

/**
 * The shim dies; there is no answer to this call; nor to this one and any later one; there is no such method; it will not;
 * what comes is none of its messages.
 */
export type Failure = "dies" | "hangs" | "deafens" | "missing" | "refuses" | "garbles";

export interface PlayedShimOptions {
  /** What becomes of calls; those that are not named succeed. */
  readonly fails: Readonly<Partial<Record<MethodName, Failure>>>;
  /** Told when a call fails. */
  readonly onFailure?: (failure: Failure) => void;
  /** What `Connect` says that the shim's process is. @default the one that there is */
  readonly claimedPid?: number;
  /** What `Platform` says. @default this machine */
  readonly platform?: { readonly os: string; readonly architecture: string };
}

/** A shim, of one container or one sandbox at a time, whose process only sleeps, and whose calls are answered by the test. */
export interface PlayedShim extends AsyncDisposable {
  readonly program: string;
  /** Whether its program was told to clean up after it. */
  hasCleanedUp(): Promise<boolean>;
  /** Whether a process of it is there that was started and not ended. */
  isRunning(): Promise<boolean>;
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

type AnyAnswers = Readonly<Record<string, ((request: unknown) => Promise<Record<string, unknown>>) | undefined>>;

const killedCode = 137;
const ownPlatform = { os: "linux", architecture: arch() === "x64" ? "amd64" : arch() };

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

  async isRunning(): Promise<boolean> {
    const stat = await readFile(`/proc/${await this.#pid()}/stat`, "utf8").catch(() => "Z");
    return !/(^|\) )Z/.test(stat);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#hangUp();
  }

  readonly #taskAnswers: Handlers<typeof Task> = {
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
    shutdown: async () => this.#endLater(),
  };

  readonly #sandboxAnswers: Handlers<typeof Sandbox> = {
    createSandbox: async () => ({}),
    startSandbox: async () => {
      this.#status = Status.RUNNING;
      return { pid: await this.#pid() };
    },
    platform: async () => ({ platform: this.#options.platform ?? ownPlatform }),
    sandboxStatus: async ({ sandboxId }) => ({
      sandboxId,
      state: this.#status === Status.RUNNING ? "SANDBOX_READY" : "SANDBOX_NOTREADY",
    }),
    stopSandbox: async () => {
      this.#status = Status.STOPPED;
      this.#ended.resolve();
      return {};
    },
    waitSandbox: async () => {
      await this.#ended.promise;
      return { exitStatus: killedCode };
    },
    shutdownSandbox: async () => this.#endLater(),
  };

  /** Where it was, the next one will be. */
  #endLater(): Record<string, never> {
    setImmediate(() => void this.#end());
    return {};
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.once("close", () => this.#connections.delete(socket));
    // That crisp hangs up is no news.
    socket.on("error", () => undefined);
    new TtrpcServer(socket, { unary: ({ method, payload }) => this.#take(method as MethodName, payload) });
  }

  async #take(name: MethodName, payload: Uint8Array): Promise<Uint8Array> {
    const failure = this.#isDeaf ? "hangs" : this.#options.fails[name];
    if (failure === undefined) return await this.#answer(name, payload);
    this.#options.onFailure?.(failure);
    if (failure === "garbles") return Buffer.from([0xff, 0xff]);
    if (failure === "missing") throw noMethod(name);
    if (failure === "refuses") throw new Fault("broken", `no ${name} today`);
    if (failure === "deafens") this.#isDeaf = true;
    if (failure === "dies") await this.#die();
    return await never();
  }

  async #answer(name: MethodName, payload: Uint8Array): Promise<Uint8Array> {
    const answers = { ...this.#taskAnswers, ...this.#sandboxAnswers } as AnyAnswers;
    const method = [...Task.methods, ...Sandbox.methods].find((known) => known.name === name);
    const answer = method === undefined ? undefined : answers[method.localName];
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
