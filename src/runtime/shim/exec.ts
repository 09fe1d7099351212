import { randomBytes } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { Fault, orAborted, settlesWithin } from "#foundation";
import type { ExitStatus, OfferedPipe } from "#host";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import { decodeProcessOfSpec, killedExitCode, type TerminalSize } from "#spec";
import type { ExecProcess } from "../conmon/exec-process.ts";
import { killExecTree } from "../conmon/exec-tree.ts";
import { expectMoves } from "../conmon/expect-moves.ts";
import { invalidField, wrongState } from "../faults.ts";
import { isAlive } from "../process-life.ts";
import type { ContainerHandle, ExecRequest } from "../types.ts";
import { anyOfOci } from "./any.ts";
import { type ExecPart, openExecPart } from "./exec-part.ts";
import { faultOfShim } from "./faults.ts";
import type { ShimContext } from "./options.ts";
import { readEndState, readShimState, shimFiles } from "./shim-files.ts";
import { optionsOf, type ShimTask } from "./task.ts";

const sigkill = 9;
/** Longest time in which a shim whose caller has given up may still come to an end with its start. */
const lastStartMs = 10_000;
/** Longest time for which input waits until its terminal has got its size. */
const resizeMs = 1_000;

/** Starts a command in a container through its shim. */
export async function startExec(
  context: ShimContext,
  container: ContainerHandle,
  request: ExecRequest & { readonly signal?: AbortSignal | undefined },
): Promise<ExecProcess> {
  const act = `exec in ${container.id}`;
  if (request.command.length === 0) throw invalidField("cmd", "the command is empty");
  if (request.signal?.aborted === true) throw Fault.within(act, request.signal.reason);
  const state = await assertRuns(context, container, "exec in");
  const exec = new ShimExec(context, { ...container, state }, request);
  return await exec.start(request.signal);
}

/** The shim of a container that runs. @throws Fault `wrong-state` */
export async function assertRuns(
  { host }: ShimContext,
  container: ContainerHandle,
  act: string,
): Promise<ShimTask["state"]> {
  const state = await readShimState(host, container.bundleDirectory);
  const hasEnded = (await readEndState(host, container.bundleDirectory)) !== undefined;
  const isThere = isAlive(host, container.init);
  if (state === undefined || hasEnded || !isThere) throw wrongState(act, container.id, "it does not run");
  return state;
}

/** One command, from its pipes to the moment that the shim has forgotten it. */
class ShimExec {
  readonly #context: ShimContext;
  readonly #task: ShimTask & ContainerHandle;
  readonly #request: ExecRequest;
  readonly #id = `exec-${randomBytes(8).toString("hex")}`;
  #part: ExecPart | undefined;
  readonly #stdin: OfferedPipe<Writable> | undefined;
  readonly #stdout: OfferedPipe<Readable>;
  readonly #stderr: OfferedPipe<Readable> | undefined;
  /** When the terminal has the size that was asked for last. */
  #resized: Promise<unknown> = Promise.resolve();

  constructor(context: ShimContext, task: ShimTask & ContainerHandle, request: ExecRequest) {
    const { sockets } = context.host;
    this.#context = context;
    this.#task = task;
    this.#request = request;
    this.#stdin = request.stdin ? sockets.offerWriter() : undefined;
    this.#stdout = sockets.offerReader();
    // Without a terminal a shim takes both outputs or none.
    this.#stderr = request.tty ? undefined : sockets.offerReader();
  }

  async start(signal: AbortSignal | undefined): Promise<ExecProcess> {
    const act = `exec in ${this.#task.id}`;
    const starting = this.#start();
    try {
      const pid = await orAborted(starting, signal);
      return this.#running(pid);
    } catch (error) {
      await this.#giveUp(starting);
      if (signal?.aborted === true) throw Fault.within(act, error);
      await assertRuns(this.#context, this.#task, "exec in");
      throw faultOfShim(this.#context, act, error);
    }
  }

  /** Its number, as the shim knows it. */
  async #start(): Promise<number> {
    const { host, settings, shims } = this.#context;
    const client = await shims.get(this.#task.state);
    const { command, tty } = this.#request;
    this.#part = await openExecPart(this.#context, this.#task, this.#id);
    expectMoves(this.#context);
    const config = await host.files.readText(shimFiles(this.#task.bundleDirectory).config);
    const process = { ...decodeProcessOfSpec(config), terminal: tty, args: command };
    const names = { id: this.#task.id, execId: this.#id };
    const endsAt = performance.now() + settings.timeouts.callMs;
    const options = { timeoutMs: settings.timeouts.callMs };
    await client.call(
      Task.method.exec,
      {
        ...names,
        terminal: tty,
        stdin: this.#stdin?.path ?? "",
        stdout: this.#stdout.path,
        stderr: this.#stderr?.path ?? "",
        spec: anyOfOci("Process", JSON.stringify(process)),
      },
      options,
    );
    const left = { timeoutMs: Math.max(1, Math.round(endsAt - performance.now())) };
    const { pid } = await client.call(Task.method.start, names, left);
    for (const output of [this.#stdout, this.#stderr]) output?.taken();
    await this.#part?.taken();
    return pid;
  }

  #running(pid: number): ExecProcess {
    const { stdout: wantsOutput, stderr: wantsErrors, tty } = this.#request;
    // Shims open the input some time after they have answered: what is written until then must not be lost.
    const exited = this.#awaitExit().finally(() => this.#stdin?.taken());
    const cleared = exited.then(async () => {
      await this.#send(Task.method.delete, {});
      await this.#part?.dissolve();
    });
    if (!wantsOutput) this.#stdout.stream.resume();
    if (!wantsErrors) this.#stderr?.stream.resume();
    if (!tty) this.#stdin?.stream.once("finish", () => this.#closeInput());
    return {
      child: { exited },
      ...(this.#stdin === undefined ? {} : { stdin: this.#stdin.stream }),
      ...(wantsOutput ? { stdout: this.#stdout.stream } : {}),
      ...(wantsErrors && this.#stderr !== undefined ? { stderr: this.#stderr.stream } : {}),
      ...(tty ? { resize: (size) => this.#resize(size) } : {}),
      kill: async () => {
        await this.#kill(pid);
        await cleared;
      },
      cleared,
    };
  }

  async #awaitExit(): Promise<ExitStatus> {
    const { shims } = this.#context;
    try {
      const client = await shims.get(this.#task.state);
      const names = { id: this.#task.id, execId: this.#id };
      const { exitStatus } = await client.call(Task.method.wait, names, { timeoutMs: "none" });
      return { exitCode: exitStatus & 0xff };
    } catch {
      // Its container, and with it all that ran in there, has ended first.
      return { exitCode: killedExitCode };
    }
  }

  /** Kills the command with what it has started; the shim alone knows processes that are not this machine's. */
  async #kill(pid: number): Promise<void> {
    const { host } = this.#context;
    const { init, monitor, cgroupPath, id, state } = this.#task;
    const isOwn = pid !== init.pid && pid !== monitor.pid && (await host.cgroups.pids(cgroupPath)).includes(pid);
    if (isOwn) await killExecTree(host, { pid, relation: "itself" }, cgroupPath);
    await this.#part?.kill();
    const client = await this.#context.shims.get(state);
    const names = { id, execId: this.#id };
    // "Not found" is what is wanted: it has ended.
    await client.call(Task.method.kill, { ...names, signal: sigkill }, optionsOf(this.#context)).catch(() => undefined);
  }

  /** Leaves nothing of a start that failed, or that nobody waits for any more. */
  async #giveUp(starting: Promise<number>): Promise<void> {
    const settled = starting.then(
      async (pid) => {
        await this.#kill(pid);
        // A shim forgets no command that still ends.
        await this.#awaitExit();
      },
      () => undefined,
    );
    const lastMs = Math.min(lastStartMs, this.#context.settings.timeouts.callMs);
    await settlesWithin(settled, lastMs);
    await settlesWithin(this.#send(Task.method.delete, {}), lastMs);
    await this.#part?.taken();
    await this.#part?.kill();
    await this.#part?.dissolve();
    for (const pipe of this.#pipes()) {
      pipe.taken();
      pipe.stream.destroy();
    }
  }

  /** Sizes come one after the other, and before what is typed after them: a shim does what it is told all at once. */
  #resize({ columns, rows }: TerminalSize): void {
    const input = this.#stdin?.stream;
    input?.cork();
    this.#resized = this.#resized.then(async () => {
      await settlesWithin(this.#send(Task.method.resizePty, { width: columns, height: rows }), resizeMs);
      input?.uncork();
    });
  }

  #closeInput(): void {
    void this.#send(Task.method.closeIO, { stdin: true });
  }

  /** Tells the shim something; that the command has ended meanwhile is no fault, so this never rejects. */
  async #send(method: NoteMethod, fields: object): Promise<void> {
    const { logger, shims } = this.#context;
    const { id, state } = this.#task;
    try {
      const client = await shims.get(state);
      await client.call(method, { id, execId: this.#id, ...fields }, optionsOf(this.#context));
    } catch (error) {
      logger.debug("shim does not take a word on a command", { containerId: id, method: method.name, error });
    }
  }

  #pipes(): readonly OfferedPipe<Readable | Writable>[] {
    return [this.#stdin, this.#stdout, this.#stderr].filter((pipe) => pipe !== undefined);
  }
}

type NoteMethod = typeof Task.method.delete | typeof Task.method.closeIO | typeof Task.method.resizePty;
