import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Fault } from "#foundation";
import type { Child } from "#host";
import { decodeProcessOfSpec } from "#spec";
import { execTimedOut, invalidField, runtimeFailed, wrongState } from "../faults.ts";
import type { CallOptions, ContainerHandle, ExecSyncRequest, ExecSyncResult } from "../types.ts";
import { bundleFiles } from "./bundle-files.ts";
import { ExecLog } from "./exec-log.ts";
import { ExecOutput } from "./exec-output.ts";
import { killExecTree } from "./exec-tree.ts";
import type { ConmonContext } from "./options.ts";
import { globalArguments } from "./runtime-command.ts";
import { faultOfRuntime } from "./runtime-fault.ts";
import { settlesWithin } from "./settle-within.ts";
import { isInitAlive } from "./signal-container.ts";

const maxOutputBytes = 16 * 1024 * 1024;
const sigkill = 9;
const sigcont = 18;
const sigstop = 19;
/** Time that the runtime has for its own end once the command has ended. */
const lingerMs = 100;
/** Time that it has to reap a command that was killed. */
const reapMs = 1_000;

/** A command that runs, and what it writes. */
interface Running {
  readonly child: Child;
  readonly output: ExecOutput;
  readonly log: ExecLog;
}

/** Runs a command in a container by the runtime program alone; see `ContainerExec.execSync`. */
export async function execSync(
  context: ConmonContext,
  container: ContainerHandle,
  request: ExecSyncRequest & CallOptions,
): Promise<ExecSyncResult> {
  const act = `exec in ${container.id}`;
  if (request.command.length === 0) throw invalidField("cmd", "the command is empty");
  if (request.signal?.aborted === true) throw Fault.within(act, request.signal.reason);
  if (!isInitAlive(context, container)) throw wrongState("exec in", container.id, "it does not run");

  const processFile = await writeProcess(context, container, request.command);
  const cut = new Cut(request);
  try {
    const running = await startExec(context, container, processFile);
    const exitCode = await Promise.race([awaitEnd(running), cut.happened]);
    if (exitCode !== undefined) return await finish(context, container, { ...running, exitCode });
    await stop(context, container, running);
    throw cut.fault(act);
  } finally {
    cut.close();
    await context.host.files.remove(processFile);
  }
}

/** The container's own process with another command, as a file: the runtime takes user, environment and limits from it. */
async function writeProcess(
  { host }: ConmonContext,
  { bundleDirectory }: ContainerHandle,
  command: readonly string[],
): Promise<string> {
  const process = decodeProcessOfSpec(await host.files.readText(bundleFiles(bundleDirectory).config));
  const path = join(bundleDirectory, `exec-${randomBytes(8).toString("hex")}.json`);
  await host.files.write(path, JSON.stringify({ ...process, terminal: false, args: command }), { mode: 0o600 });
  return path;
}

async function startExec(context: ConmonContext, { id }: ContainerHandle, processFile: string): Promise<Running> {
  const child = await context.host.processes.spawn(
    {
      program: context.settings.runtimePath,
      // The log has a pipe of its own, so that the runtime's words do not mix with the command's.
      args: [...globalArguments(context), "--debug", "--log", "/proc/self/fd/3", "exec", "--process", processFile, id],
    },
    { descriptors: { 1: "pipe-from-child", 2: "pipe-from-child", 3: "pipe-from-child" }, newSession: true },
  );
  const { 1: stdout, 2: stderr, 3: log } = child.readers;
  if (stdout === undefined || stderr === undefined || log === undefined) {
    throw runtimeFailed(`exec in ${id}`, "its pipes are missing");
  }
  return { child, output: new ExecOutput(stdout, stderr, maxOutputBytes), log: new ExecLog(log) };
}

/** The exit code: the runtime's own, or the one that it logged while it waits for pipes that the command left open. */
async function awaitEnd({ child, log }: Running): Promise<number> {
  const exited = child.exited.then(({ exitCode }) => exitCode);
  const first = await Promise.race([exited, log.commandEnded]);
  if (!(await settlesWithin(child.exited, lingerMs))) child.kill(sigkill);
  await child.exited;
  return first;
}

async function finish(
  context: ConmonContext,
  container: ContainerHandle,
  { exitCode, output, log }: Running & { readonly exitCode: number },
): Promise<ExecSyncResult> {
  const [{ stdout, stderr }, failure] = await Promise.all([output.finish(), log.failure()]);
  if (failure === undefined) return { exitCode, stdout, stderr };
  if (!isInitAlive(context, container)) throw wrongState("exec in", container.id, "it does not run");
  throw faultOfRuntime(`exec in ${container.id}`, failure);
}

/**
 * Ends the command, all that it started, and the runtime.
 *
 * The runtime is stopped first: while it stands still, nothing that it has begun to set up can turn into a process of
 * the container that nobody knows. After that it may reap the command: a zombie in the container's PID namespace keeps
 * the container from ending, and the machine's own process 1 can be slow to reap.
 */
async function stop(
  { host }: ConmonContext,
  { cgroupPath }: ContainerHandle,
  { child, output }: Running,
): Promise<void> {
  child.kill(sigstop);
  try {
    const hadCommand = await killExecTree(host, child.pid, cgroupPath);
    if (hadCommand) {
      child.kill(sigcont);
      await settlesWithin(child.exited, reapMs);
    }
  } finally {
    child.kill(sigkill, "group");
    await child.exited;
    await output.finish();
  }
}

/** What ends an exec before its command does: its own time, or its caller. */
class Cut {
  /** Resolves when one of them has happened. */
  readonly happened: Promise<undefined>;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #happen: () => void;

  constructor({ timeoutMs, signal }: ExecSyncRequest & CallOptions) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.happened = promise;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    this.#happen = () => resolve(undefined);
    this.#timer = timeoutMs > 0 ? setTimeout(this.#happen, timeoutMs) : undefined;
    // What aborted before somebody listened says nothing any more.
    if (signal?.aborted === true) this.#happen();
    signal?.addEventListener("abort", this.#happen, { once: true });
  }

  fault(act: string): Fault {
    return this.#signal?.aborted === true ? Fault.within(act, this.#signal.reason) : execTimedOut(act, this.#timeoutMs);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#happen);
  }
}
