import { basename } from "node:path";
import type { PassThrough } from "node:stream";
import { deadline, Fault } from "#foundation";
import { noChild, programNotFound } from "../faults.ts";
import type {
  Child,
  Command,
  ExitStatus,
  OpenPipe,
  Processes,
  ProcessIdentity,
  ProcessWatch,
  RunOptions,
  RunResult,
  SpawnOptions,
  StuckProcess,
  TaskSurvey,
} from "../types.ts";
import type { FakeActs } from "./fake-acts.ts";
import { type FakeOutcome, FakeProcess, type FakeProgram } from "./fake-process.ts";

/** Answers for the programs it knows: how one ends, or what it does; undefined for any other. */
export type FakeScript = (command: Command) => FakeOutcome | FakeProgram | undefined;

const defaultOutputBytes = 1_048_576;
const sigkill = 9;
/** Where the pids of a fake machine begin. */
const firstPid = 1_000;

/** Processes in memory: a program exists when a script answers for it. */
export class FakeProcesses implements Processes {
  readonly #acts: FakeActs;
  readonly #scripts: FakeScript[] = [];
  readonly #processes = new Map<number, FakeProcess>();
  #lastPid = firstPid;

  constructor(acts: FakeActs) {
    this.#acts = acts;
  }

  /** Those that run now, oldest first. */
  get running(): readonly FakeProcess[] {
    return [...this.#processes.values()].filter((process) => process.isRunning);
  }

  /** Teaches the machine programs. A later script is asked first. */
  script(script: FakeScript): void {
    this.#scripts.unshift(script);
  }

  /** Starts a process that is nobody's child: a container's, a monitor that put itself in the background. */
  start(command: Command, program: FakeProgram = untilSignaled): FakeProcess {
    const process = this.#create(command);
    this.#execute(process, program);
    return process;
  }

  isRunning(pid: number): boolean {
    return this.#processes.get(pid)?.isRunning ?? false;
  }

  /** Sends a signal as the kernel would; false when the process has ended. */
  signal(pid: number, signal: number): boolean {
    return this.#processes.get(pid)?.deliver(signal) ?? false;
  }

  async run(command: Command, options: RunOptions): Promise<RunResult> {
    options.signal?.throwIfAborted();
    await this.#acts.begin("processes.run", command.program);
    const program = this.#programFor(command);
    const process = this.#create(command);
    const limitBytes = options.maxOutputBytes ?? defaultOutputBytes;
    const outputs = [1, 2].map((number) => collect(process.openPipe(number), limitBytes));
    if (options.stdin !== undefined) process.openPipe(0).end(options.stdin);
    const identity = this.identify(process.pid);
    if (identity !== undefined) options.onStart?.(identity);
    this.#execute(process, program);
    const exit = await endWithin(command, process, options);
    const [stdout, stderr] = await Promise.all(outputs);
    const empty = Buffer.alloc(0);
    return { ...exit, stdout: stdout ?? empty, stderr: stderr ?? empty, durationMs: 1 };
  }

  async spawn(command: Command, options: SpawnOptions = {}): Promise<Child> {
    const program = this.#programFor(command);
    const process = this.#create(command);
    const writers: Record<number, PassThrough> = {};
    const readers: Record<number, PassThrough> = {};
    for (const [number, kind] of Object.entries(options.descriptors ?? {})) {
      if (kind === "pipe-to-child") writers[Number(number)] = process.openPipe(Number(number));
      if (kind === "pipe-from-child") readers[Number(number)] = process.openPipe(Number(number));
    }
    this.#execute(process, program);
    const kill = (signal: number): void => void process.deliver(signal);
    return { pid: process.pid, writers, readers, exited: process.ended, kill };
  }

  /** Nothing passes through it: what programs of this machine write is for those who read their own pipes. */
  openPipe(): OpenPipe {
    return { readFd: -1, writeFd: -1, close: () => undefined };
  }

  /** Any process that exists can be adopted, ended or not. */
  adopt(pid: number): Child {
    const process = this.#processes.get(pid);
    if (process === undefined) throw noChild(pid);
    const kill = (signal: number): void => void process.deliver(signal);
    return { pid, writers: {}, readers: {}, exited: process.ended, kill };
  }

  /** Its programs leave nothing behind. */
  orphansIn(_directory: string): readonly ProcessIdentity[] {
    return [];
  }

  processesIn(directory: string): readonly ProcessIdentity[] {
    const found = this.running.filter(({ command }) => command.cwd === directory);
    return found.map(({ pid, startTicks }) => ({ pid, startTicks }));
  }

  watch(identity: ProcessIdentity | { readonly pid: number }): ProcessWatch | undefined {
    const process = this.#processes.get(identity.pid);
    const isWanted = !("startTicks" in identity) || identity.startTicks === process?.startTicks;
    if (process === undefined || !process.isRunning || !isWanted) return undefined;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    let isOpen = true;
    void process.ended.then(() => isOpen && resolve());
    return {
      pid: process.pid,
      ended,
      kill: (signal) => isOpen && process.deliver(signal),
      close: () => {
        isOpen = false;
      },
    };
  }

  describeStuck(pid: number): StuckProcess | undefined {
    const process = this.#processes.get(pid);
    if (process?.isRunning !== true || process.waitsIn === undefined) return undefined;
    return { pid, name: process.command.program, waitsIn: process.waitsIn };
  }

  /** Every program sleeps, and has its three standard streams open. */
  async survey(pids: readonly number[]): Promise<TaskSurvey> {
    const sleeping = pids.filter((pid) => this.isRunning(pid)).length;
    return { states: { running: 0, sleeping, uninterruptible: 0, stopped: 0 }, openFiles: 3 * sleeping, sockets: 0 };
  }

  async names(pids: readonly number[]): Promise<ReadonlyMap<number, string>> {
    const running = this.running.filter(({ pid }) => pids.includes(pid));
    return new Map(running.map(({ pid, command }) => [pid, basename(command.program)]));
  }

  openFilesLimit(pid: number): bigint | undefined {
    return this.isRunning(pid) ? 1_024n : undefined;
  }

  identify(pid: number): ProcessIdentity | undefined {
    const process = this.#processes.get(pid);
    return process?.isRunning ? { pid, startTicks: process.startTicks } : undefined;
  }

  /** By name when a script answers for the program without arguments. */
  locate(program: string): string {
    if (program.startsWith("/")) return program;
    this.#programFor({ program, args: [] });
    return `/usr/bin/${program}`;
  }

  /** A machine that is all memory has nothing to copy. */
  async keepInMemory(program: string): Promise<string> {
    await this.#acts.begin("processes.keepInMemory", program);
    return this.locate(program);
  }

  /** Starts take no time here. */
  untilExecuted(): Promise<void> {
    return Promise.resolve();
  }

  #programFor(command: Command): FakeProgram {
    for (const script of this.#scripts) {
      const answer = script(command);
      if (answer !== undefined) return typeof answer === "function" ? answer : () => answer;
    }
    throw programNotFound(command.program);
  }

  #create(command: Command): FakeProcess {
    this.#lastPid += 1;
    const process = new FakeProcess(this.#lastPid, command);
    this.#processes.set(process.pid, process);
    return process;
  }

  /** Lets the program run beside its caller, as a process does. A program that throws is a crash. */
  #execute(started: FakeProcess, program: FakeProgram): void {
    const finish = ({ exitCode = 0, stdout, stderr }: FakeOutcome): void => {
      if (stdout !== undefined) started.write(1, stdout);
      if (stderr !== undefined) started.write(2, stderr);
      started.exit({ exitCode });
    };
    void Promise.resolve(started)
      .then(program)
      .then(finish, (error: unknown) => finish({ exitCode: 134, stderr: String(error) }));
  }
}

/** A program that does nothing until a signal ends it. */
function untilSignaled(process: FakeProcess): Promise<FakeOutcome> {
  return process.ended;
}

/** How the process ends, or is made to. */
async function endWithin(
  command: Command,
  process: FakeProcess,
  options: RunOptions,
): Promise<ExitStatus & { readonly timedOut: boolean }> {
  const limit = deadline(options.timeoutMs, options.signal);
  let wasStopped = false;
  const stop = (): void => {
    wasStopped = process.deliver(sigkill);
  };
  limit.addEventListener("abort", stop, { once: true });
  const exit = await process.ended;
  limit.removeEventListener("abort", stop);
  if (wasStopped && options.signal?.aborted === true) {
    throw Fault.within(`run ${command.program}`, options.signal.reason);
  }
  return { ...exit, timedOut: wasStopped };
}

async function collect(pipe: PassThrough, limitBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of pipe) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).subarray(0, limitBytes);
}
