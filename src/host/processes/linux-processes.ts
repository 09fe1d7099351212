import { closeSync } from "node:fs";
import { isFault } from "#foundation";
import type { DescriptorSockets } from "../descriptor-socket.ts";
import { isErrno } from "../errno.ts";
import { hostFault, noChild } from "../faults.ts";
import type { Native } from "../native/native.ts";
import type {
  Child,
  Command,
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
import { closePipes } from "./descriptors.ts";
import { ProcessEnds } from "./ended.ts";
import { identifyProcess } from "./identity.ts";
import { type Kernel, LinuxChild } from "./linux-child.ts";
import { watchProcess } from "./linux-watch.ts";
import { copyToMemory } from "./memory-copy.ts";
import { readProcessNames } from "./names.ts";
import { orphansIn, processesIn } from "./orphans.ts";
import { Output, scratchBytes } from "./output.ts";
import { ProgramPath } from "./program-path.ts";
import { runToEnd } from "./run.ts";
import { type Started, Starter } from "./start.ts";
import { describeStuck } from "./stuck.ts";
import { readOpenFilesLimit, surveyProcesses } from "./survey.ts";

const defaultOutputBytes = 1_048_576;
const sigkill = 9;

type StartedChild = Started & { readonly pidfd: number };

/** Programs and processes of this machine. */
export class LinuxProcesses implements Processes {
  readonly #kernel: Kernel;
  readonly #starter: Starter;
  readonly #programs: ProgramPath;
  /** Where the outputs of all runs are read to before they are copied. */
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes);
  readonly #defaultEnvironment: Readonly<Record<string, string>>;

  constructor(native: Native, sockets: DescriptorSockets, path: string) {
    this.#kernel = { native, ends: new ProcessEnds(sockets), owned: new Map() };
    this.#starter = new Starter(native);
    this.#programs = new ProgramPath(path);
    this.#defaultEnvironment = { PATH: path };
  }

  async run(command: Command, options: RunOptions): Promise<RunResult> {
    options.signal?.throwIfAborted();
    const stdin = options.stdin === undefined ? "null" : "pipe-to-child";
    const started = await this.#start(command, {
      descriptors: { 0: stdin, 1: "pipe-from-child", 2: "pipe-from-child" },
      leads: "group",
    });
    const limit = options.maxOutputBytes ?? defaultOutputBytes;
    const { 1: stdout = -1, 2: stderr = -1 } = started.readers;
    const running = {
      child: new LinuxChild(this.#kernel, { ...started, readers: {} }, true),
      stdout: new Output(stdout, limit, this.#scratch),
      stderr: new Output(stderr, limit, this.#scratch),
    };
    const identity = this.identify(running.child.pid);
    if (identity !== undefined) options.onStart?.(identity);
    return runToEnd(command, running, options);
  }

  async spawn(command: Command, options: SpawnOptions = {}): Promise<Child> {
    return new LinuxChild(this.#kernel, await this.#start(command, options), options.leads !== undefined);
  }

  openPipe(): OpenPipe {
    const [readFd, writeFd] = this.#kernel.native.pipe();
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      closeSync(readFd);
      closeSync(writeFd);
    };
    return { readFd, writeFd, close };
  }

  adopt(pid: number): Child {
    try {
      // Fails when it is no child of ours; until we reap it, the number is its own.
      this.#kernel.native.endOf(pid);
      const pidfd = this.#kernel.native.pidfdOpen(pid);
      return new LinuxChild(this.#kernel, { pid, pidfd, writers: {}, readers: {} }, true);
    } catch (error) {
      throw isErrno(error, "ECHILD") ? noChild(pid, error) : hostFault(`adopt process ${pid}`, error);
    }
  }

  orphansIn(directory: string): readonly ProcessIdentity[] {
    const orphans = orphansIn(directory).filter((pid) => !this.isOwned(pid));
    return orphans.map(identifyProcess).filter((identity) => identity !== undefined);
  }

  processesIn(directory: string): readonly ProcessIdentity[] {
    try {
      const found = processesIn(directory).map(identifyProcess);
      return found.filter((identity) => identity !== undefined);
    } catch (error) {
      throw hostFault(`look for processes in ${directory}`, error);
    }
  }

  /** Whether somebody waits for this child. */
  isOwned(pid: number): boolean {
    return this.#kernel.owned.has(pid);
  }

  watch(identity: ProcessIdentity | { readonly pid: number }): ProcessWatch | undefined {
    return watchProcess(this.#kernel, identity);
  }

  describeStuck(pid: number): StuckProcess | undefined {
    return describeStuck(pid);
  }

  survey(pids: readonly number[], options: { readonly signal?: AbortSignal } = {}): Promise<TaskSurvey> {
    return surveyProcesses(pids, options.signal);
  }

  names(
    pids: readonly number[],
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ReadonlyMap<number, string>> {
    return readProcessNames(pids, options.signal);
  }

  openFilesLimit(pid: number): bigint | undefined {
    return readOpenFilesLimit(pid);
  }

  identify(pid: number): ProcessIdentity | undefined {
    return identifyProcess(pid);
  }

  locate(program: string): string {
    return this.#programs.resolve(program);
  }

  async keepInMemory(program: string): Promise<string> {
    const path = await copyToMemory(this.#kernel.native, this.locate(program));
    await this.untilExecuted();
    return path;
  }

  untilExecuted(): Promise<void> {
    return this.#starter.untilExecuted();
  }

  async #start(command: Command, options: SpawnOptions): Promise<StartedChild> {
    const path = this.#programs.resolve(command.program);
    try {
      const env = command.env ?? this.#defaultEnvironment;
      return await this.#hold(await this.#starter.start({ ...command, path, env }, options));
    } catch (error) {
      // It may have been moved: the next start looks again.
      if (isFault(error, "not-found")) this.#programs.forget(command.program);
      throw error;
    }
  }

  /** Takes hold of a new child by its pidfd. A child that cannot be watched must not run on. */
  async #hold(started: Started): Promise<StartedChild> {
    try {
      return { ...started, pidfd: this.#kernel.native.pidfdOpen(started.pid) };
    } catch (error) {
      process.kill(started.pid, sigkill);
      await this.#kernel.native.reap(started.pid);
      closePipes(started);
      throw hostFault(`watch process ${started.pid}`, error);
    }
  }
}
