/** SAFETY: makes namespaces with the main thread itself; see `home.ts` for why that is safe. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { unlink, writeFile } from "node:fs/promises";
import { Fault } from "#foundation";
import { decodeNetDev, type InterfaceCounters } from "#spec";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import { KeptFiles } from "../kept-files/kept-files.ts";
import type { Native } from "../native/native.ts";
import type { Namespaces, PinNamespacesOptions, PinnedNamespaceKind, Processes } from "../types.ts";
import { awayFromHome, cloneFlags, ownNamespace } from "./home.ts";
import { bringLoopbackUp } from "./loopback.ts";
import { planSysctls, type SysctlWrite } from "./sysctls.ts";
import { holdUserNamespace, writeSysctlsInside } from "./user-namespace.ts";

const detach = 2;
const noFollow = 8;
const unshareLetters: Readonly<Record<PinnedNamespaceKind, string>> = { net: "-n", ipc: "-i", uts: "-u" };

/** A namespace to be made: its kind and the file that will hold it. */
interface Pin {
  readonly kind: PinnedNamespaceKind;
  readonly path: string;
}

/** What is done inside new namespaces, once they are pinned. */
interface Furnishing {
  readonly hostname: string | undefined;
  readonly sysctls: readonly SysctlWrite[];
  readonly loopbackUp: boolean;
}

/** Namespaces made with unshare(2) and kept by bind mounts of their /proc files. */
export class LinuxNamespaces implements Namespaces {
  readonly #native: Native;
  /** Of the network namespaces whose traffic is asked for, by their pins. */
  readonly #tables = new KeptFiles();
  readonly #processes: Processes;

  constructor(native: Native, processes: Processes) {
    this.#native = native;
    this.#processes = processes;
  }

  async pin(options: PinNamespacesOptions): Promise<void> {
    const pins = pinsOf(options);
    const { user } = options;
    if (pins.length === 0 && user === undefined) return;
    const furnishing: Furnishing = {
      hostname: options.hostname,
      sysctls: planSysctls(
        options.sysctls ?? {},
        pins.map(({ kind }) => kind),
      ),
      loopbackUp: options.loopbackUp === true,
    };
    const made = await makeFiles([...pins, ...(user === undefined ? [] : [user])]);
    try {
      if (user === undefined) pinNow(this.#native, pins, furnishing);
      else await this.#pinOwned(user, pins, furnishing);
    } catch (error) {
      await removeFiles(made);
      throw hostFault(`make namespaces ${pins.map(({ kind }) => kind).join(", ")}`, error);
    }
  }

  /** Pins what a child made, for only a child can make a user namespace, and furnishes it. */
  async #pinOwned(
    user: NonNullable<PinNamespacesOptions["user"]>,
    pins: readonly Pin[],
    { sysctls, ...furnishing }: Furnishing,
  ): Promise<void> {
    const letters = pins.map(({ kind }) => unshareLetters[kind]);
    const held = await holdUserNamespace(this.#processes, user.mappings, letters);
    const all = [{ kind: "user", path: user.path }, ...pins] as const;
    const bound: string[] = [];
    try {
      for (const { kind, path } of all) {
        this.#native.bindNow(`/proc/${held.pid}/ns/${kind}`, path);
        bound.push(path);
      }
      const entries = all.map(({ kind, path }) => `--${kind}=${path}`);
      await writeSysctlsInside(this.#processes, entries, sysctls);
      furnishPinned(this.#native, pins, { ...furnishing, sysctls: [] });
    } catch (error) {
      for (const path of bound) this.#native.umountNow(path, detach | noFollow);
      throw error;
    } finally {
      await held.release();
    }
  }

  async networkCounters(path: string): Promise<readonly InterfaceCounters[]> {
    try {
      // A pod's table stays its own once it is open: going into the namespace takes ten times as long as reading it.
      const table = this.#tables.of(path).read("net/dev", () => openTable(this.#native, path));
      if (table === "") throw new Fault("not-found", "no such namespace");
      return decodeNetDev(table);
    } catch (error) {
      throw hostFault(`count the traffic of ${path}`, error);
    }
  }

  async unpin(path: string): Promise<void> {
    // An open table would keep a network namespace alive that nothing else holds.
    this.#tables.close(path);
    try {
      await this.#native.umount(path, detach | noFollow);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return;
      // EINVAL: the file is there, but holds no namespace any more.
      if (!isErrno(error, "EINVAL")) throw hostFault(`unpin namespace ${path}`, error);
    }
    await unlink(path).catch((error: unknown) => {
      if (!isErrno(error, "ENOENT")) throw hostFault(`remove namespace pin ${path}`, error);
    });
  }
}

/** Everything within one turn of the event loop: out, pin, furnish, back. All or none of the pins. */
function pinNow(native: Native, pins: readonly Pin[], furnishing: Furnishing): void {
  const kinds = pins.map(({ kind }) => kind);
  const leave = (): void => native.unshare(kinds.reduce((flags, kind) => flags | cloneFlags[kind], 0));
  awayFromHome(native, kinds, leave, () => bindAll(native, pins, () => furnish(native, furnishing)));
}

/** The same for namespaces that are there already. */
function furnishPinned(native: Native, pins: readonly Pin[], furnishing: Furnishing): void {
  if (pins.length === 0) return;
  const kinds = pins.map(({ kind }) => kind);
  const enter = (): void => {
    for (const { kind, path } of pins) enterPinned(native, kind, path);
  };
  awayFromHome(native, kinds, enter, () => furnish(native, furnishing));
}

function enterPinned(native: Native, kind: PinnedNamespaceKind, path: string): void {
  const pin = openSync(path, "r");
  try {
    native.setns(pin, cloneFlags[kind]);
  } finally {
    closeSync(pin);
  }
}

/**
 * Reads the counters from inside: a namespace that is only pinned has no process whose /proc could be asked. One turn
 * of the event loop, about 60 µs.
 */
/** The table of a namespace's interfaces, which tells of that one wherever it is read. */
function openTable(native: Native, path: string): number {
  const enter = (): void => enterPinned(native, "net", path);
  return awayFromHome(native, ["net"], enter, () => openSync("/proc/thread-self/net/dev", "r"));
}

function bindAll(native: Native, pins: readonly Pin[], then: () => void): void {
  const bound: Pin[] = [];
  try {
    for (const pin of pins) {
      // A plain bind mount, as other runtimes make them: whoever copied the mount table keeps nothing
      // alive, because removing the file detaches its copies too.
      native.bindNow(ownNamespace(pin.kind), pin.path);
      bound.push(pin);
    }
    then();
  } catch (error) {
    for (const { path } of bound) native.umountNow(path, detach | noFollow);
    throw error;
  }
}

function furnish(native: Native, { hostname, sysctls, loopbackUp }: Furnishing): void {
  if (hostname !== undefined) native.sethostname(hostname);
  for (const { path, value } of sysctls) {
    try {
      writeFileSync(path, value);
    } catch (error) {
      throw hostFault(`set ${path} to ${value}`, error);
    }
  }
  if (loopbackUp) bringLoopbackUp(native);
}

function pinsOf(options: PinNamespacesOptions): readonly Pin[] {
  return (["net", "ipc", "uts"] as const).flatMap((kind) => {
    const path = options.pins[kind];
    return path === undefined ? [] : [{ kind, path }];
  });
}

/** Makes the missing files; answers with those that are new. */
async function makeFiles(pins: readonly Pick<Pin, "path">[]): Promise<readonly string[]> {
  const made: string[] = [];
  try {
    for (const { path } of pins) if (await makeFile(path)) made.push(path);
    return made;
  } catch (error) {
    await removeFiles(made);
    throw hostFault("make namespace pins", error);
  }
}

async function makeFile(path: string): Promise<boolean> {
  try {
    await writeFile(path, "", { flag: "wx", mode: 0o444 });
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  }
}

async function removeFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) await unlink(path);
}
