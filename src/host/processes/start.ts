/**
 * SAFETY: starts programs. Only what is named in the command reaches the child:
 * environment, descriptors and working directory; signals are reset, because
 * Node ignores SIGPIPE and a program must not inherit that.
 */
import { statSync } from "node:fs";
import { Fault } from "#foundation";
import { errnoOf } from "../errno.ts";
import { hostFault } from "../faults.ts";
import type { Native } from "../native/native.ts";
import { opaqueBytes } from "../native/spawn-calls.ts";
import type { Command, SpawnOptions } from "../types.ts";
import { ChildDescriptors, type PipeEnds } from "./descriptors.ts";
import { faultOfStart } from "./program-path.ts";

/** A process that was started: nobody waits for it yet. */
export interface Started extends PipeEnds {
  readonly pid: number;
}

/** A command whose program was found and whose environment is complete. */
export interface ResolvedCommand extends Command {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

const setDefaultSignals = 0x04;
const setSignalMask = 0x08;
const setGroup = 0x02;
const setSession = 0x80;
/** Larger than the C library's sigset_t. */
const signalSetBytes = 128;

/** Starts programs through posix_spawn: a fork would copy the daemon's page tables, 1 ms for each 50 MB of it. */
export class Starter {
  readonly #native: Native;
  readonly #underWay = new Set<Promise<number>>();
  /** By what the child leads. */
  readonly #attributes: Readonly<Record<"nothing" | "group" | "session", Buffer>>;

  constructor(native: Native) {
    this.#native = native;
    this.#attributes = {
      nothing: attributesOf(native, setDefaultSignals | setSignalMask),
      group: attributesOf(native, setDefaultSignals | setSignalMask | setGroup),
      session: attributesOf(native, setDefaultSignals | setSignalMask | setSession),
    };
  }

  /** @throws Fault `not-found`, `denied`, or what the kernel says; then no process exists and nothing stays open */
  async start(command: ResolvedCommand, options: SpawnOptions): Promise<Started> {
    assertNoNul(command);
    const descriptors = openDescriptors(this.#native, command, options);
    try {
      const pid = await this.#spawn(command, descriptors, this.#attributes[options.leads ?? "nothing"]);
      return { pid, ...descriptors.started() };
    } catch (error) {
      descriptors.discard();
      throw faultOfCommand(command, error);
    }
  }

  /** See `Processes.untilExecuted`. */
  async untilExecuted(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #spawn(command: ResolvedCommand, descriptors: ChildDescriptors, attributes: Buffer): Promise<number> {
    const { posixSpawn, spawnActions } = this.#native;
    const actions = Buffer.alloc(opaqueBytes);
    spawnActions.init(actions);
    try {
      descriptors.addTo(actions);
      if (command.cwd !== undefined) spawnActions.changeDirectory(actions, command.cwd);
      const environment = Object.entries(command.env).map(([name, value]) => `${name}=${value}`);
      const pid = posixSpawn(command.path, { actions, attributes }, [command.program, ...command.args], environment);
      return await this.#follow(pid);
    } finally {
      spawnActions.destroy(actions);
    }
  }

  /** It answers when the program has been executed. */
  async #follow(start: Promise<number>): Promise<number> {
    this.#underWay.add(start);
    try {
      return await start;
    } finally {
      this.#underWay.delete(start);
    }
  }
}

/** A group of its own is that of its own number: 0, as the attributes have it from the beginning. */
function attributesOf({ spawnAttributes }: Native, flags: number): Buffer {
  const { init, setFlags, setDefaultSignals: setDefaults, setSignalMask: setMask } = spawnAttributes;
  const attributes = Buffer.alloc(opaqueBytes);
  init(attributes);
  setFlags(attributes, flags);
  setDefaults(attributes, Buffer.alloc(signalSetBytes, 0xff));
  setMask(attributes, Buffer.alloc(signalSetBytes));
  return attributes;
}

function openDescriptors(native: Native, command: Command, options: SpawnOptions): ChildDescriptors {
  try {
    return new ChildDescriptors(native, options.descriptors ?? {});
  } catch (error) {
    throw hostFault(`start ${command.program}: open its descriptors`, error);
  }
}

/** posix_spawn has one errno for every step; a missing working directory must not read as a missing program. */
function faultOfCommand(command: ResolvedCommand, error: unknown): Error {
  if (command.cwd !== undefined && !isDirectory(command.cwd)) {
    return new Fault("not-found", `start ${command.program}: working directory ${command.cwd} does not exist`, {
      reason: { code: "host.working-directory-not-found", directory: command.cwd },
      cause: error,
    });
  }
  return faultOfStart(command.program, error, errnoOf(error)) ?? hostFault(`start ${command.program}`, error);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The C library would end the text at a NUL and start something else than was asked for. */
function assertNoNul(command: ResolvedCommand): void {
  const texts = [command.path, command.cwd ?? "", ...command.args, ...Object.entries(command.env).flat()];
  if (texts.some((text) => text.includes("\0"))) {
    throw new Fault("invalid", `start ${command.program}: an argument or variable holds a NUL byte`, {
      reason: { code: "host.nul-in-command", program: command.program },
    });
  }
}
