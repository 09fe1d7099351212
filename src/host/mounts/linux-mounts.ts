/** SAFETY: mounts and unmounts in the daemon's mount namespace. Never follows a symlink to what it unmounts. */
import { closeSync, fstat } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { Fault } from "#foundation";
import { isErrno } from "../errno.ts";
import { hostFault, idmapUnsupported } from "../faults.ts";
import { makeDirectories } from "../files/write-file.ts";
import type { Native } from "../native/native.ts";
import { planMountSteps } from "./mount-flags.ts";
import { parseMountinfo } from "./mountinfo.ts";
import type { MappedMountRequest, MountEntry, MountRequest, Mounts } from "./types.ts";

const detach = 2;
const noFollow = 8;
/** MOUNT_ATTR_*, of mount_setattr(2). */
const readonly = 1;
const idmap = 0x10_0000;
const propagationFlags = { private: 0x4_0000, slave: 0x8_0000 } as const;
/** mount(2) takes one page of data and cuts off what is over without a word. */
const dataLimitBytes = 4095;

/** The mount table of this process. All calls run in libuv's pool: a lookup may wait for a disk. */
export class LinuxMounts implements Mounts {
  readonly #native: Native;

  constructor(native: Native) {
    this.#native = native;
  }

  async mount(request: MountRequest): Promise<void> {
    const { source, target, type, data = "" } = request;
    assertDataFits(target, data);
    const { first, rest } = planMountSteps(request.flags);
    try {
      if (first !== undefined) await this.#native.mount({ source, target, type, flags: first, data });
      await this.#change(target, rest, first !== undefined);
    } catch (error) {
      throw hostFault(`mount ${type === "" ? source : type} on ${target}`, error);
    }
  }

  async mountMapped(request: MappedMountRequest): Promise<void> {
    const { source, target, userNamespace } = request;
    let [tree, namespace]: [number | undefined, FileHandle | undefined] = [undefined, undefined];
    try {
      namespace = await open(userNamespace, "r");
      tree = await this.#native.cloneTree(source, request.scope);
      await this.#mapTree(tree, namespace.fd, request);
      await makeTarget(tree, target);
      await this.#native.moveMount(tree, target);
    } catch (error) {
      throw error instanceof Fault ? error : hostFault(`map the owners of ${source} at ${target}`, error);
    } finally {
      if (tree !== undefined) closeSync(tree);
      await namespace?.close();
    }
  }

  async #mapTree(tree: number, userNamespace: number, request: MappedMountRequest): Promise<void> {
    const { source, scope, propagation, isReadonly } = request;
    try {
      const kind = propagationFlags[propagation];
      await this.#native.setMountAttributes(tree, scope, { set: 0, propagation: kind, userNamespace: 0 });
      const set = idmap | (isReadonly ? readonly : 0);
      await this.#native.setMountAttributes(tree, "mount", { set, propagation: 0, userNamespace });
    } catch (error) {
      // EINVAL: the file system knows no idmapped mounts; ENOSYS: nor does the kernel.
      if (isErrno(error, "EINVAL", "ENOSYS", "EOPNOTSUPP")) throw idmapUnsupported(source, error);
      throw error;
    }
  }

  async unmount(target: string): Promise<void> {
    try {
      await this.#native.umount(target, detach | noFollow);
    } catch (error) {
      // EINVAL: the path is there, but nothing is mounted on it.
      if (isErrno(error, "EINVAL", "ENOENT")) return;
      throw hostFault(`unmount ${target}`, error);
    }
  }

  async list(): Promise<readonly MountEntry[]> {
    return parseMountinfo(await readFile("/proc/self/mountinfo", "utf8"));
  }

  /** Changes a mount that was just made; a half-changed one (a writable "ro" bind) must not stay. */
  async #change(target: string, steps: readonly number[], isOurs: boolean): Promise<void> {
    try {
      for (const flags of steps) await this.#native.mount({ source: "none", target, type: "", flags, data: "" });
    } catch (error) {
      if (isOurs) await this.#native.umount(target, detach | noFollow);
      throw error;
    }
  }
}

function assertDataFits(target: string, data: string): void {
  const sizeBytes = Buffer.byteLength(data);
  if (sizeBytes <= dataLimitBytes) return;
  throw new Fault("invalid", `mount on ${target}: ${sizeBytes} bytes of options, the kernel takes ${dataLimitBytes}`, {
    reason: { code: "host.mount-data-too-long", target, sizeBytes, limitBytes: dataLimitBytes },
  });
}

async function makeTarget(source: number, target: string): Promise<void> {
  const stat = await promisify(fstat)(source);
  if (stat.isDirectory()) await makeDirectories(target);
  else await (await open(target, "a")).close();
}
