import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { deadline, Fault, messageOf, orAborted, settlesWithin } from "#foundation";
import type { Child, ChildDescriptor, Terminal, TerminalReceiver } from "#host";
import { decodeProcessOfSpec, describeRuntimeError, type TerminalSize } from "#spec";
import { invalidField, runtimeFailed, wrongState } from "../faults.ts";
import { endsWithin } from "../process-life.ts";
import type { ContainerHandle, ExecRequest } from "../types.ts";
import { bundleFiles } from "./bundle-files.ts";
import { type ExecGroup, openExecGroup } from "./exec-group.ts";
import { killExecTree } from "./exec-tree.ts";
import { expectMoves } from "./expect-moves.ts";
import { collectText } from "./monitor-report.ts";
import type { ConmonContext } from "./options.ts";
import { globalArguments } from "./runtime-command.ts";
import { faultOfRuntime } from "./runtime-fault.ts";
import { isRuncLike } from "./runtime-options.ts";
import { isInitAlive } from "./signal-container.ts";

const maxLogBytes = 65_536;
const maxPidBytes = 32;
const maxConfigBytes = 16 * 1_048_576;
/** Time in which a runtime whose caller has given up may still come to an end by itself. */
const lastStartMs = 2_000;
/** Time that it has to reap a command that was killed. */
const reapMs = 1_000;
const sigkill = 9;
const sigcont = 18;
const sigstop = 19;

/** A command that runs in a container. */
export interface ExecProcess {
  /** Resolves when it has ended; never rejects. */
  readonly child: Pick<Child, "exited">;
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  /** In place of the three streams. */
  readonly terminal?: Terminal;
  /** For a terminal that somebody else holds, and whose bytes come by the streams above. */
  readonly resize?: (size: TerminalSize) => void;
  /** Ends the command and all that it started; returns when it has been reaped. */
  kill(): Promise<void>;
  /** Settles after the end, when nothing is left of what the command was set up with; never rejects. */
  readonly cleared: Promise<void>;
}

/**
 * Starts a command in a container.
 *
 * The runtime program makes the process and ends: what is left is the process itself, which becomes a child of this one
 * (see `Processes.adopt`), its pipes, or its terminal. So its end comes first hand, and a session costs no program that
 * waits beside it.
 */
export async function startExecProcess(
  context: ConmonContext,
  container: ContainerHandle,
  request: ExecRequest & { readonly signal?: AbortSignal | undefined },
): Promise<ExecProcess> {
  const act = `exec in ${container.id}`;
  if (request.command.length === 0) throw invalidField("cmd", "the command is empty");
  if (request.signal?.aborted === true) throw Fault.within(act, request.signal.reason);
  if (!isInitAlive(context, container)) throw wrongState("exec in", container.id, "it does not run");

  const name = `exec-${randomBytes(8).toString("hex")}`;
  const description = describeProcess(context, container, request);
  const program = await context.program.path();
  const group = await openExecGroup(context, container, name);
  expectMoves(context);
  try {
    return await startInGroup(
      { context, container, request, program, description, group },
      join(container.bundleDirectory, name),
    );
  } catch (error) {
    await group.dissolve();
    throw error;
  }
}

/** @param prefix what the paths of its files begin with */
async function startInGroup(
  act: Omit<Start, "pidFile" | "processFile" | "receiver">,
  prefix: string,
): Promise<ExecProcess> {
  const { files, sockets } = act.context.host;
  const pidFile = `${prefix}.pid`;
  const processFile = isRuncLike(act.context.settings.runtimePath) ? undefined : `${prefix}.json`;
  const receiver = act.request.tty ? sockets.receiveTerminal(`${prefix}.tty`) : undefined;
  try {
    const start = { ...act, pidFile, processFile, receiver };
    return await awaitStart(start, await spawnRuntime(start));
  } catch (error) {
    await files.remove(pidFile);
    throw error;
  } finally {
    receiver?.close();
    if (processFile !== undefined) await files.remove(processFile);
  }
}

/** One start of a command, and where the runtime says what came of it. */
interface Start {
  readonly context: ConmonContext;
  readonly container: ContainerHandle;
  readonly request: ExecRequest & { readonly signal?: AbortSignal | undefined };
  readonly program: string;
  /** What the runtime is to start. */
  readonly description: string;
  readonly pidFile: string;
  /** Where it is described for runtimes that read that more than once, as those do that start themselves again. */
  readonly processFile: string | undefined;
  readonly receiver: TerminalReceiver | undefined;
  readonly group: ExecGroup;
}

/** A runtime program that sets up a command. */
interface Starting {
  readonly runtime: Child;
  readonly log: Promise<string>;
}

async function spawnRuntime(start: Start): Promise<Starting> {
  const { context, container, request, program, pidFile, processFile, receiver, group, description } = start;
  if (processFile !== undefined) await context.host.files.write(processFile, description, { mode: 0o600 });
  const how = ["--detach", "--pid-file", pidFile, "--process", processFile ?? "/proc/self/fd/3"];
  const console = receiver === undefined ? [] : ["--console-socket", receiver.path];
  const runtime = await context.host.processes.spawn(
    {
      program,
      // Description and log have pipes of their own: no file is left of them, and no word is mixed with the command's.
      args: [
        ...globalArguments(context),
        "--log",
        "/proc/self/fd/4",
        "exec",
        ...how,
        ...console,
        ...group.args,
        container.id,
      ],
    },
    { descriptors: descriptorsOf(request), leads: "group" },
  );
  const { 3: input } = runtime.writers;
  const { 4: log } = runtime.readers;
  if (input === undefined || log === undefined) {
    throw runtimeFailed(`exec in ${container.id}`, "its pipes are missing");
  }
  input.end(description);
  return { runtime, log: collectText(log, maxLogBytes) };
}

/** The container's own process with another command: the runtime takes user, environment and limits from it. */
function describeProcess(
  { host }: ConmonContext,
  { bundleDirectory }: ContainerHandle,
  { command, tty }: ExecRequest,
): string {
  const config = host.files.readRecent(bundleFiles(bundleDirectory).config, { maxBytes: maxConfigBytes });
  const process = decodeProcessOfSpec(config);
  return JSON.stringify({ ...process, terminal: tty, args: command });
}

function descriptorsOf({ tty, stdin, stdout, stderr }: ExecRequest): Readonly<Record<number, ChildDescriptor>> {
  const own = { 3: "pipe-to-child", 4: "pipe-from-child" } as const;
  if (tty) return own;
  return {
    ...own,
    ...(stdin ? { 0: "pipe-to-child" } : {}),
    ...(stdout ? { 1: "pipe-from-child" } : {}),
    ...(stderr ? { 2: "pipe-from-child" } : {}),
  };
}

/** Waits for the runtime; whoever gives up before leaves no process behind. */
async function awaitStart(start: Start, starting: Starting): Promise<ExecProcess> {
  const { context, container, request } = start;
  const limit = deadline(context.settings.timeouts.callMs, request.signal);
  try {
    const { exitCode } = await orAborted(starting.runtime.exited, limit);
    if (exitCode !== 0) throw await faultOfStart(context, container, starting);
    return await takeOver(start, starting);
  } catch (error) {
    if (limit.aborted) await giveUp(start, starting);
    else closeStreams(starting.runtime);
    throw limit.aborted ? Fault.within(`exec in ${container.id}`, limit.reason) : error;
  }
}

async function faultOfStart(context: ConmonContext, container: ContainerHandle, { log }: Starting): Promise<Fault> {
  const said = describeRuntimeError(await log);
  const ended = wrongState("exec in", container.id, "it does not run");
  if (!isInitAlive(context, container)) return ended;
  const fault = faultOfRuntime(`exec in ${container.id}`, said);
  // Of a container that is just being killed a runtime says anything.
  return fault.kind === "broken" && (await endsWithin(context.host, container.init, dyingMs)) ? ended : fault;
}

/** Time that a process needs to be gone when it has been killed, on a machine that is busy. */
const dyingMs = 500;

async function takeOver({ context, group, pidFile, receiver }: Start, { runtime }: Starting): Promise<ExecProcess> {
  const { host } = context;
  const pid = Number(host.files.readRecent(pidFile, { maxBytes: maxPidBytes }));
  const child = host.processes.adopt(pid);
  const removed = removePidFile(context, pidFile);
  const cleared = child.exited.then(async () => {
    await Promise.all([group.dissolve(), removed]);
  });
  const kill = async (): Promise<void> => {
    await group.kill(pid);
    await cleared;
  };
  try {
    const streams = receiver === undefined ? streamsOf(runtime) : { terminal: receiver.take() };
    const exited = child.exited.then((seen) => group.readEnd?.(seen) ?? seen);
    return { child: { exited }, kill, cleared, ...streams };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** It has said what it had to say: nobody waits for its going. */
async function removePidFile({ host, logger }: ConmonContext, path: string): Promise<void> {
  try {
    await host.files.remove(path);
  } catch (error) {
    logger.warn("a command's pid file was not removed", { path, error: messageOf(error) });
  }
}

function streamsOf({ writers, readers }: Child): Pick<ExecProcess, "stdin" | "stdout" | "stderr"> {
  const { 0: stdin } = writers;
  const { 1: stdout, 2: stderr } = readers;
  return {
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
  };
}

/** Ends a start that nobody waits for any more, with whatever it has made. */
async function giveUp(start: Start, starting: Starting): Promise<void> {
  const { runtime } = starting;
  try {
    if (!(await settlesWithin(runtime.exited, lastStartMs))) await stopRuntime(start, runtime);
    else if ((await runtime.exited).exitCode === 0) await (await takeOver(start, starting)).kill();
  } finally {
    closeStreams(runtime);
  }
}

/**
 * Ends a runtime that hangs, and what it has made by now.
 *
 * It is stopped first: while it stands still, nothing that it has begun to set up can turn into a process of the
 * container that nobody knows. After that it may reap the command: a zombie in the container's PID namespace keeps the
 * container from ending.
 */
async function stopRuntime({ context, container, group }: Start, runtime: Child): Promise<void> {
  runtime.kill(sigstop);
  try {
    const hasBegun = await killExecTree(context.host, { pid: runtime.pid, relation: "parent" }, container.cgroupPath);
    if (hasBegun) {
      // It may have run long enough to start what is no child of its own any more.
      await group.kill(runtime.pid);
      runtime.kill(sigcont);
      await settlesWithin(runtime.exited, reapMs);
    }
  } finally {
    runtime.kill(sigkill, "group");
    await runtime.exited;
  }
}

function closeStreams({ writers, readers }: Child): void {
  for (const stream of [...Object.values(writers), ...Object.values(readers)]) stream.destroy();
}
