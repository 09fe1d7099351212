import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, lstatSync, openSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Fault } from "#foundation";

/** Paths of the streams that a process is given; empty: none. */
export interface Streams {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Exit {
  readonly exitStatus: number;
  readonly exitedAtMs: number;
}

interface OciProcess {
  readonly args: readonly string[];
  readonly env?: readonly string[];
  readonly cwd?: string;
}

const signalBase = 128;
const leftFile = "machine.json";

/** Kills what a shim that has died left of a container. */
export async function killLeft(bundle: string): Promise<void> {
  const file = path.join(bundle, leftFile);
  if (!existsSync(file)) return;
  for (const group of JSON.parse(await readFile(file, "utf8")) as number[]) killGroup(group, "SIGKILL");
}

/** Notes the process groups that a shim which dies would leave, for `killLeft`. */
export function noteLeft(bundle: string, groups: readonly number[]): void {
  writeFileSync(path.join(bundle, leftFile), JSON.stringify(groups.filter((pid) => pid > 0)));
}

/** A process "inside of the machine": in truth one of this machine, in another root. */
export class Inmate {
  readonly exited: Promise<Exit>;
  readonly #rootfs: string;
  readonly #process: OciProcess;
  readonly #streams: Streams;
  readonly #resolve: (exit: Exit) => void;
  readonly #onOom: () => void;
  #child: ChildProcess | undefined;
  #exit: Exit | undefined;
  #wasKilled = false;

  /** @param onOom told beside its end, when it was killed by somebody who did not ask for it here: by its "kernel" */
  constructor(rootfs: string, process: OciProcess, streams: Streams, onOom = (): void => undefined) {
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.exited = promise;
    this.#resolve = resolve;
    this.#rootfs = rootfs;
    this.#process = process;
    this.#streams = streams;
    this.#onOom = onOom;
    this.#assertProgram();
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  get state(): "created" | "running" | "stopped" {
    if (this.#exit !== undefined) return "stopped";
    return this.#child === undefined ? "created" : "running";
  }

  async start(): Promise<void> {
    const { args, env = [], cwd = "/" } = this.#process;
    const fds = this.#openStreams();
    try {
      // A word to the shell in there is the only way to change the directory after the root.
      const words = [this.#rootfs, "/bin/sh", "-c", 'cd "$0" && exec "$@"', cwd, ...args];
      this.#child = spawn("/usr/sbin/chroot", words, {
        detached: true,
        stdio: fds.map((fd) => fd ?? "ignore"),
        env: Object.fromEntries(env.map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string])),
      });
      this.#child.once("exit", (code, signal) => this.#left(code, signal));
      await once(this.#child, "spawn");
    } finally {
      for (const fd of fds) if (fd !== undefined) closeSync(fd);
    }
  }

  /** False when there is nobody to signal. */
  kill(signal: number): boolean {
    if (this.#exit !== undefined) return false;
    this.#wasKilled = true;
    if (this.#child === undefined) this.#ended(signalBase + signal);
    else killGroup(this.pid, signal);
    return true;
  }

  #left(code: number | null, signal: NodeJS.Signals | null): void {
    // What it has started ends with it, as in a PID namespace.
    killGroup(this.pid, "SIGKILL");
    if (signal === "SIGKILL" && !this.#wasKilled) this.#onOom();
    this.#ended(code ?? signalBase + numberOf(signal));
  }

  #ended(exitStatus: number): void {
    this.#exit = { exitStatus, exitedAtMs: Date.now() };
    this.#resolve(this.#exit);
  }

  #openStreams(): readonly (number | undefined)[] {
    const { stdin, stdout, stderr } = this.#streams;
    return [
      stdin === "" ? undefined : openSync(stdin, "r"),
      stdout === "" ? undefined : openSync(stdout, "w"),
      stderr === "" ? undefined : openSync(stderr, "w"),
    ];
  }

  #assertProgram(): void {
    const [program = ""] = this.#process.args;
    const places = program.includes("/") ? [program] : ["/bin", "/usr/bin"].map((bin) => path.join(bin, program));
    if (places.some((place) => isThere(path.join(this.#rootfs, place)))) return;
    throw new Fault("broken", `exec: ${JSON.stringify(program)}: executable file not found in $PATH`);
  }
}

export interface InmateProcess {
  readonly pid: number;
  /** Empty for the container's first one. */
  readonly execId: string;
}

/** A container, and the commands that run in it. */
export class InmateContainer {
  readonly bundle: string;
  readonly init: Inmate;
  readonly execs: Map<string, Inmate> = new Map<string, Inmate>();
  readonly #rootfs: string;
  #isHeld = false;

  private constructor(bundle: string, rootfs: string, init: Inmate) {
    this.bundle = bundle;
    this.#rootfs = rootfs;
    this.init = init;
    void init.exited.then(() => {
      for (const exec of this.execs.values()) exec.kill(9);
    });
  }

  /** @param onOom told when the "kernel" of the machine has killed it for its memory */
  static async open(bundle: string, streams: Streams, onOom: () => void): Promise<InmateContainer> {
    const config = JSON.parse(await readFile(path.join(bundle, "config.json"), "utf8")) as {
      process: OciProcess;
      root: { path: string };
    };
    const rootfs = path.resolve(bundle, config.root.path);
    return new InmateContainer(bundle, rootfs, new Inmate(rootfs, config.process, streams, onOom));
  }

  addExec(execId: string, spec: Uint8Array, streams: Streams): void {
    const process = JSON.parse(Buffer.from(spec).toString()) as OciProcess;
    this.execs.set(execId, new Inmate(this.#rootfs, process, streams));
  }

  /** The process of this exec, or the first one for "". */
  find(execId: string): Inmate {
    const found = execId === "" ? this.init : this.execs.get(execId);
    if (found === undefined) throw new Fault("not-found", `exec ${execId}: not found`);
    return found;
  }

  /** Whether its processes stand still. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Stops all processes in their tracks, or lets them go on; they are seen to have. */
  async hold(isHeld: boolean): Promise<void> {
    this.#isHeld = isHeld;
    for (const pid of this.pids) {
      killGroup(pid, isHeld ? "SIGSTOP" : "SIGCONT");
      while (isHeld !== (await isStopped(pid))) await pause(5);
    }
  }

  /**
   * Writes down what its processes are at; a real machine would write all of their memory. It does not end while there is
   * a file `hold-checkpoint` in the bundle.
   */
  async writeImages(directory: string): Promise<void> {
    if (!this.#isHeld) throw new Fault("wrong-state", "its processes move");
    while (existsSync(path.join(this.bundle, "hold-checkpoint"))) {
      await writeFile(path.join(directory, "held.img"), "");
      await pause(20);
    }
    for (const pid of this.pids) {
      await writeFile(path.join(directory, `process-${pid}.img`), await readFile(`/proc/${pid}/status`));
    }
  }

  /** Those that run. */
  get processes(): readonly InmateProcess[] {
    return [["", this.init] as const, ...this.execs]
      .filter(([, { state }]) => state === "running")
      .map(([execId, { pid }]) => ({ pid, execId }));
  }

  get pids(): readonly number[] {
    return this.processes.map(({ pid }) => pid);
  }

  /** Notes what would be left if the shim died now. */
  note(machinePid: number): void {
    noteLeft(this.bundle, [this.init.pid, ...[...this.execs.values()].map(({ pid }) => pid), machinePid]);
  }
}

/** One that has ended stands still for ever. */
async function isStopped(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") T");
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
}

function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

function killGroup(leader: number, signal: number | NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function numberOf(signal: NodeJS.Signals | null): number {
  const numbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };
  return numbers[signal ?? ""] ?? 0;
}
