/** SAFETY: makes namespaces with the main thread itself; see `home.ts` for why that is safe. */
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { unlink, writeFile } from "node:fs/promises";
import { decodeNetDev, type InterfaceCounters } from "#spec";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import type { Native } from "../native.ts";
import type { Namespaces, PinNamespacesOptions, PinnedNamespaceKind } from "../types.ts";
import { awayFromHome, cloneFlags, ownNamespace } from "./home.ts";
import { bringLoopbackUp } from "./loopback.ts";
import { planSysctls, type SysctlWrite } from "./sysctls.ts";

const detach = 2;
const noFollow = 8;

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

  constructor(native: Native) {
    this.#native = native;
  }

  async pin(options: PinNamespacesOptions): Promise<void> {
    const pins = pinsOf(options);
    if (pins.length === 0) return;
    const furnishing: Furnishing = {
      hostname: options.hostname,
      sysctls: planSysctls(
        options.sysctls ?? {},
        pins.map(({ kind }) => kind),
      ),
      loopbackUp: options.loopbackUp === true,
    };
    const made = await makeFiles(pins);
    try {
      pinNow(this.#native, pins, furnishing);
    } catch (error) {
      await removeFiles(made);
      throw hostFault(`make namespaces ${pins.map(({ kind }) => kind).join(", ")}`, error);
    }
  }

  async networkCounters(path: string): Promise<readonly InterfaceCounters[]> {
    try {
      return countNow(this.#native, path);
    } catch (error) {
      throw hostFault(`count the traffic of ${path}`, error);
    }
  }

  async unpin(path: string): Promise<void> {
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

/**
 * Reads the counters from inside: a namespace that is only pinned has no process whose /proc could be asked. One turn
 * of the event loop, about 60 µs.
 */
function countNow(native: Native, path: string): readonly InterfaceCounters[] {
  const pin = openSync(path, "r");
  try {
    const enter = (): void => native.setns(pin, cloneFlags.net);
    return awayFromHome(native, ["net"], enter, () => decodeNetDev(readFileSync("/proc/thread-self/net/dev", "utf8")));
  } finally {
    closeSync(pin);
  }
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
async function makeFiles(pins: readonly Pin[]): Promise<readonly string[]> {
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
