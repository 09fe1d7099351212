import { setTimeout as pause } from "node:timers/promises";
import { Fault, isFault, type Logger, messageOf, orAborted, settlesWithin } from "#foundation";
import { faultOfErrno, type Host, type ProcessIdentity, type ProcessWatch } from "#host";
import { decodeLogWriterRecord, type LogWriterRecord } from "#spec";
import { bundleFiles } from "../conmon/bundle-files.ts";
import { wrongState } from "../faults.ts";
import { isAlive } from "../process-life.ts";
import type { LogState } from "../types.ts";
import { keptPipe, type OpenedLog, openLog, startWriter, type WriterDeps } from "./opened-log.ts";
import { decodeState, hurrySignal, reopenSignal, type WriterState } from "./state.ts";
import { WriterProgram } from "./writer-program.ts";

const sigkill = 9;
/** Time that a writer takes which does not wait for its disk. */
const flushMs = 5_000;
/** A writer that ended sooner after its start, or could not be started, is not started anew at once: each time later. */
const shortLifeMs = 1_000;
const startAgainMs = 1_000;
const latestStartAgainMs = 60_000;
const lookAgainMs = 200;
/** What a writer reads whose monitor has ended. */
const nothing = "/dev/null";

export interface LogWriterOptions {
  /** Directory for the program, on a file system that lets programs run. */
  readonly programDirectory: string;
  /** How long a writer waits for a disk that takes nothing before it drops lines. */
  readonly fullDiskWaitMs: number;
}

/** Who is told what happens to logs. */
export interface LogObserver {
  /** A log has come to its end without so many bytes, because its disk took none. */
  lost(log: { readonly id: string; readonly bytes: number }): void;
  /** A writer was killed, and another one goes on. */
  restarted(): void;
}

export interface LogWritersDeps {
  readonly host: Pick<Host, "processes" | "files" | "machine">;
  readonly logger: Logger;
  readonly logObserver?: LogObserver;
}

/** The log of a container, by the monitor that it comes from. */
export interface MonitoredLog {
  /** The container's. */
  readonly id: string;
  /** Directory of the monitor's files. */
  readonly bundleDirectory: string;
  readonly monitor: ProcessIdentity;
}

/** A log that is looked after. */
export interface KeptLog {
  /**
   * Waits until all is in the log that its monitor has written; not for ever. For when the monitor has ended.
   *
   * @returns bytes that were dropped; 0 where nobody knows
   */
  whole(): Promise<number>;
}

/**
 * The processes that write containers' logs, one for each monitor.
 *
 * Invariants: a log is looked after once at a time, by whoever began first; one memory has one writer, by a lock that the
 * writers take; logs without a record are written by their monitors themselves, as those of older versions are.
 */
export class LogWriters {
  readonly #deps: WriterDeps & LogWritersDeps;
  readonly #options: LogWriterOptions;
  readonly #kept = new Map<string, Promise<unknown>>();

  constructor(options: LogWriterOptions, deps: LogWritersDeps) {
    this.#options = options;
    this.#deps = { ...deps, program: new WriterProgram(deps.host, options.programDirectory) };
  }

  get waitMs(): number {
    return this.#options.fullDiskWaitMs;
  }

  /** Opens the log of a container that is to be created; undefined when it has none. Whoever opens it closes it. */
  async open(request: {
    readonly id: string;
    readonly bundleDirectory: string;
    readonly logPath: string | undefined;
  }): Promise<OpenedLog | undefined> {
    const { id, bundleDirectory: directory, logPath } = request;
    return logPath === undefined ? undefined : await openLog(this.#deps, { id, directory, logPath });
  }

  /** Sees to it that the log has a writer until all is in it, or the signal aborts. Never rejects. */
  keep(log: MonitoredLog, signal: AbortSignal | undefined): KeptLog {
    const kept = this.#keep(log, signal).catch((error: unknown) => {
      if (signal?.aborted !== true) {
        this.#deps.logger.error("cannot look after a log", { containerId: log.id, error: messageOf(error) });
      }
      return 0;
    });
    return { whole: () => this.#whole(log, kept) };
  }

  /** How the log goes; undefined when it has no writer. */
  async tell({ bundleDirectory }: Pick<MonitoredLog, "bundleDirectory">): Promise<LogState | undefined> {
    const state = await this.#state(bundleDirectory).catch((error: unknown) => {
      // Removed between two looks.
      if (isFault(error, "not-found")) return undefined;
      throw error;
    });
    if (state === undefined) return undefined;
    const { isWaiting, isDropping, lostBytes } = state;
    return { flow: isWaiting ? "held" : isDropping ? "dropping" : "flowing", lostBytes };
  }

  /** Waits while the writer waits for its disk, which says nothing when it has room again. */
  async flowing({ bundleDirectory }: Pick<MonitoredLog, "bundleDirectory">): Promise<void> {
    const giveUpAt = performance.now() + this.waitMs;
    for (let state = await this.#state(bundleDirectory); state?.isWaiting === true; ) {
      if (performance.now() > giveUpAt) return;
      await pause(lookAgainMs);
      state = await this.#state(bundleDirectory);
    }
  }

  /** Lets the writer wait for its disk no longer: somebody waits for the container's end. */
  async hurry({ bundleDirectory }: Pick<MonitoredLog, "bundleDirectory">): Promise<void> {
    const watch = await this.#watch(bundleDirectory);
    watch?.kill(hurrySignal);
    watch?.close();
  }

  /** Ends the writer, after the monitor. None is success. */
  async end({ bundleDirectory }: Pick<MonitoredLog, "bundleDirectory">): Promise<void> {
    const watch = await this.#watch(bundleDirectory);
    if (watch === undefined) return;
    try {
      watch.kill(hurrySignal);
      if (await settlesWithin(watch.ended, flushMs)) return;
      // Without its record nobody starts another one.
      await this.#deps.host.files.remove(bundleFiles(bundleDirectory).logWriter);
      watch.kill(sigkill);
      await watch.ended;
    } finally {
      watch.close();
    }
  }

  /**
   * Makes the writer go on in a new file; returns when it does. False when the log has no writer.
   *
   * @throws Fault with the errno that the writer met
   */
  async reopen(log: MonitoredLog, signal: AbortSignal): Promise<boolean> {
    const { bundleDirectory, id } = log;
    const record = await this.#record(bundleDirectory);
    if (record === undefined) return false;
    const before = await this.#state(bundleDirectory);
    const watch = this.#deps.host.processes.watch(record.process);
    if (watch === undefined) throw new Fault("unavailable", "its writer has ended, another one is to come");
    const answer = this.#awaitReopen(bundleDirectory, before?.reopens ?? 0);
    try {
      watch.kill(reopenSignal);
      const ended = watch.ended.then(() => {
        throw wrongState("reopen log of", id, "its writer ended meanwhile");
      });
      const { reopenErrno } = await orAborted(Promise.race([answer.state, ended]), signal);
      if (reopenErrno !== 0) throw faultOfErrno(`write ${record.logPath}`, "open", reopenErrno);
      return true;
    } finally {
      answer.stop();
      watch.close();
    }
  }

  /** The writer tells by a write to its memory, which is a change of the directory that it is in. */
  #awaitReopen(
    bundleDirectory: string,
    before: number,
  ): { readonly state: Promise<WriterState>; readonly stop: () => void } {
    const { promise, resolve, reject } = Promise.withResolvers<WriterState>();
    const look = (): void => {
      this.#state(bundleDirectory).then((state) => {
        if (state !== undefined && state.reopens > before) resolve(state);
      }, reject);
    };
    const watch = this.#deps.host.files.watchDirectory(bundleDirectory, {
      settleMs: 0,
      onChange: look,
      onError: reject,
    });
    // Nobody may be waiting any more when it fails.
    promise.catch(() => undefined);
    return { state: promise, stop: () => watch.close() };
  }

  /** A writer that neither ends nor waits for room hangs on its disk: whoever wants to know of the end does not hang with it. */
  async #whole(log: MonitoredLog, kept: Promise<number>): Promise<number> {
    const giveUpAt = performance.now() + this.waitMs + flushMs;
    while (!(await settlesWithin(kept, flushMs))) {
      const state = await this.#state(log.bundleDirectory);
      if (state?.isWaiting === true && performance.now() < giveUpAt) continue;
      this.#deps.logger.warn("log of a container does not come to its end", { containerId: log.id });
      return 0;
    }
    return await kept;
  }

  async #keep(log: MonitoredLog, signal: AbortSignal | undefined): Promise<number> {
    const { bundleDirectory } = log;
    for (let other = this.#kept.get(bundleDirectory); other; other = this.#kept.get(bundleDirectory)) {
      await orAborted(other, signal);
    }
    const following = this.#follow(log, signal);
    const settled = following.then(
      () => undefined,
      () => undefined,
    );
    this.#kept.set(bundleDirectory, settled);
    try {
      return await following;
    } finally {
      this.#kept.delete(bundleDirectory);
    }
  }

  /** Returns the bytes that were dropped. */
  async #follow(log: MonitoredLog, signal: AbortSignal | undefined): Promise<number> {
    for (let pauseMs = startAgainMs; ; ) {
      const record = await this.#record(log.bundleDirectory);
      // It has none, or it was ended on purpose, or what it lost was told already.
      if (record === undefined) return (await this.#state(log.bundleDirectory))?.lostBytes ?? 0;
      const startedAt = performance.now();
      await this.#ended(record.process, signal);
      const state = await this.#state(log.bundleDirectory);
      if (state?.isDone !== false) return await this.#tellLost(log, state?.lostBytes ?? 0);
      if (performance.now() - startedAt >= shortLifeMs) pauseMs = startAgainMs;
      else {
        await pause(pauseMs, undefined, { signal });
        pauseMs = Math.min(2 * pauseMs, latestStartAgainMs);
      }
      await this.#startAgain(log).catch((error: unknown) => {
        this.#deps.logger.error("cannot start a log writer", { containerId: log.id, error: messageOf(error) });
      });
    }
  }

  async #ended(process: ProcessIdentity, signal: AbortSignal | undefined): Promise<void> {
    const watch = this.#deps.host.processes.watch(process);
    if (watch === undefined) return;
    try {
      await orAborted(watch.ended, signal);
    } finally {
      watch.close();
    }
  }

  /** Goes on with what the killed one has left in its memory and in the pipe, which its monitor keeps open. */
  async #startAgain(log: MonitoredLog): Promise<void> {
    const { host, logger, logObserver } = this.#deps;
    const { id, bundleDirectory: directory, monitor } = log;
    const record = await this.#record(directory);
    if (record === undefined) return;
    const { logPath } = record;
    logger.warn("log writer of a container was killed; another one goes on", { containerId: id });
    logObserver?.restarted();
    const pipe = await host.files.openForChild(isAlive(host, monitor) ? keptPipe(monitor) : nothing, "read");
    try {
      const file = await host.files.openForChild(logPath, "append", { mode: 0o600 });
      try {
        await startWriter(this.#deps, { id, directory, logPath }, { pipeFd: pipe.fd, logFd: file.fd });
      } finally {
        await file.close();
      }
    } finally {
      await pipe.close();
    }
  }

  /** Once: without its record nobody looks after the log again. */
  async #tellLost({ id, bundleDirectory }: MonitoredLog, lostBytes: number): Promise<number> {
    if (lostBytes === 0) return 0;
    const { host, logger, logObserver } = this.#deps;
    await host.files.remove(bundleFiles(bundleDirectory).logWriter);
    logger.warn("lines of a container's log were dropped: its disk took nothing", { containerId: id, lostBytes });
    logObserver?.lost({ id, bytes: lostBytes });
    return lostBytes;
  }

  async #watch(bundleDirectory: string): Promise<ProcessWatch | undefined> {
    const record = await this.#record(bundleDirectory);
    return record === undefined ? undefined : this.#deps.host.processes.watch(record.process);
  }

  async #record(bundleDirectory: string): Promise<LogWriterRecord | undefined> {
    const { files } = this.#deps.host;
    const { logWriter } = bundleFiles(bundleDirectory);
    if ((await files.stat(logWriter)) === undefined) return undefined;
    return decodeLogWriterRecord(await files.readText(logWriter));
  }

  async #state(bundleDirectory: string): Promise<WriterState | undefined> {
    const { files } = this.#deps.host;
    const { logState } = bundleFiles(bundleDirectory);
    return (await files.stat(logState)) === undefined ? undefined : decodeState(await files.read(logState));
  }
}
