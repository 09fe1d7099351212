import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import { isErrno } from "../errno.ts";

/** Names of block devices, as cadvisor gives them: `/dev/sda`. */
export class DeviceNames {
  readonly #directory: string;
  readonly #known = new Map<string, Known>();

  /** `directory`: where the kernel keeps a link for each device by its numbers. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Empty for a device that the kernel does not know any more. */
  nameOf({ major, minor }: { readonly major: number; readonly minor: number }): string {
    const number = `${major}:${minor}`;
    const known = this.#known.get(number);
    if (known !== undefined && known.staleAtMs > performance.now()) return known.name;
    const name = this.#read(number);
    this.#known.set(number, { name, staleAtMs: performance.now() + freshMs });
    return name;
  }

  #read(number: string): string {
    try {
      // The kernel writes "!" for the "/" of names such as cciss/c0d0.
      return `/dev/${basename(readlinkSync(`${this.#directory}/${number}`)).replaceAll("!", "/")}`;
    } catch (error) {
      if (isErrno(error, "ENOENT")) return "";
      throw error;
    }
  }
}

interface Known {
  readonly name: string;
  readonly staleAtMs: number;
}

/** Numbers are given anew after a device has gone. */
const freshMs = 60_000;
