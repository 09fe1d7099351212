import { PassThrough, type Readable, type Writable } from "node:stream";
import type { Command, ExitStatus } from "../types.ts";

/** What a scripted program does in the end; each part has the value of a program that says nothing and succeeds. */
export interface FakeOutcome {
  readonly exitCode?: number;
  readonly stdout?: string | Uint8Array;
  readonly stderr?: string | Uint8Array;
}

/** A program as a function: it runs until it returns, or until a signal ends its process. */
export type FakeProgram = (process: FakeProcess) => FakeOutcome | Promise<FakeOutcome>;

/** Signals that end no process by default: 0 (a question), CHLD, CONT, URG, WINCH. */
const harmlessSignals: ReadonlySet<number> = new Set([0, 17, 18, 23, 28]);
const sigkill = 9;

/** A process of a fake machine, from the inside. */
export class FakeProcess {
  readonly pid: number;
  readonly startTicks: bigint;
  readonly command: Command;
  readonly ended: Promise<ExitStatus>;
  readonly #pipes = new Map<number, PassThrough>();
  readonly #traps = new Map<number, () => void>();
  readonly #signals: number[] = [];
  readonly #end: (status: ExitStatus) => void;
  /** Where it hangs in the kernel; a process that hangs ends by no signal. */
  waitsIn: readonly string[] | undefined;
  #status: ExitStatus | undefined;

  constructor(pid: number, command: Command) {
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    this.pid = pid;
    this.startTicks = BigInt(pid) * 100n;
    this.command = command;
    this.ended = promise;
    this.#end = resolve;
  }

  get isRunning(): boolean {
    return this.#status === undefined;
  }

  /** Every signal that was sent while it ran. */
  get signals(): readonly number[] {
    return this.#signals;
  }

  /** Catches a signal from now on; KILL cannot be caught. */
  trap(signal: number, handler: () => void): void {
    this.#traps.set(signal, handler);
  }

  /** Writes to a descriptor; what nobody reads is dropped. */
  write(descriptor: number, data: string | Uint8Array): void {
    if (this.isRunning) this.#pipes.get(descriptor)?.write(data);
  }

  /** Everything that is written to a descriptor until it is closed; nothing when it is no pipe. */
  async readAll(descriptor: number): Promise<Buffer> {
    const pipe = this.#pipes.get(descriptor);
    return pipe === undefined ? Buffer.alloc(0) : Buffer.concat(await pipe.toArray());
  }

  /** The stream of a descriptor, for programs that read or write piece by piece. */
  descriptor(number: number): (Readable & Writable) | undefined {
    return this.#pipes.get(number);
  }

  /** Ends now. The first end counts. */
  exit(status: ExitStatus): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    for (const pipe of this.#pipes.values()) pipe.end();
    this.#end(status);
  }

  /** Delivers a signal; false when the process has ended. */
  deliver(signal: number): boolean {
    if (!this.isRunning) return false;
    this.#signals.push(signal);
    const trap = signal === sigkill ? undefined : this.#traps.get(signal);
    if (trap !== undefined) trap();
    else if (!harmlessSignals.has(signal)) this.exit({ exitCode: 128 + signal, signal });
    return true;
  }

  /** Makes a descriptor a pipe; the other end is the same stream. */
  openPipe(descriptor: number): PassThrough {
    const pipe = new PassThrough();
    pipe.on("error", () => pipe.destroy());
    this.#pipes.set(descriptor, pipe);
    return pipe;
  }
}
