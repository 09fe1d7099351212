import { isCount, linesOf } from "./counters.ts";

/** What a cgroup has read from and written to one block device. */
export interface DeviceIo {
  readonly major: number;
  readonly minor: number;
  readonly readBytes: bigint;
  readonly writeBytes: bigint;
  readonly reads: bigint;
  readonly writes: bigint;
  /** Undefined where the kernel does not weigh I/O by its cost. */
  readonly cost: IoCost | undefined;
}

/** What the kernel's cost model says of a device, in microseconds. @see https://docs.kernel.org/6.1/admin-guide/cgroup-v2.html */
export interface IoCost {
  readonly usageMicros: bigint;
  readonly waitMicros: bigint;
  readonly indebtMicros: bigint;
  readonly indelayMicros: bigint;
}

type Counts = { -readonly [Key in Exclude<keyof DeviceIo, "major" | "minor" | "cost">]: bigint };
type Costs = { -readonly [Key in keyof IoCost]: bigint };

const costKeysOfIoStat: Readonly<Record<string, keyof Costs>> = {
  "cost.usage": "usageMicros",
  "cost.wait": "waitMicros",
  "cost.indebt": "indebtMicros",
  "cost.indelay": "indelayMicros",
};

const keysOfIoStat: Readonly<Record<string, keyof Counts>> = {
  rbytes: "readBytes",
  wbytes: "writeBytes",
  rios: "reads",
  wios: "writes",
};

/** Decodes io.stat of cgroup v2: `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …`. */
export function decodeIoStat(text: string): readonly DeviceIo[] {
  const devices = new Devices();
  for (const line of linesOf(text)) {
    const [device = "", ...pairs] = line.split(" ");
    for (const pair of pairs) {
      const [name = "", value = ""] = pair.split("=");
      devices.set(device, keysOfIoStat[name], value);
      devices.setCost(device, costKeysOfIoStat[name], value);
    }
  }
  return devices.all();
}

/** Decodes the two files of cgroup v1's blkio that count bytes and operations: `8:0 Read 1`. */
export function decodeBlkio(bytes: string, operations: string): readonly DeviceIo[] {
  const devices = new Devices();
  const read = (text: string, keys: Readonly<Record<string, keyof Counts>>): void => {
    for (const line of linesOf(text)) {
      const [device = "", operation = "", value = ""] = line.split(" ");
      devices.set(device, keys[operation], value);
    }
  };
  read(bytes, { Read: "readBytes", Write: "writeBytes" });
  read(operations, { Read: "reads", Write: "writes" });
  return devices.all();
}

/** Counts by device, while lines are read. */
class Devices {
  readonly #counts = new Map<string, Counts>();
  readonly #costs = new Map<string, Costs>();

  set(device: string, key: keyof Counts | undefined, value: string): void {
    if (key === undefined || !isCount(value) || !isDevice(device)) return;
    const counts = this.#counts.get(device) ?? { readBytes: 0n, writeBytes: 0n, reads: 0n, writes: 0n };
    counts[key] = BigInt(value);
    this.#counts.set(device, counts);
  }

  setCost(device: string, key: keyof Costs | undefined, value: string): void {
    if (key === undefined || !isCount(value) || !isDevice(device)) return;
    const costs = this.#costs.get(device) ?? { usageMicros: 0n, waitMicros: 0n, indebtMicros: 0n, indelayMicros: 0n };
    costs[key] = BigInt(value);
    this.#costs.set(device, costs);
  }

  all(): readonly DeviceIo[] {
    return [...this.#counts].map(([device, counts]) => {
      const [major, minor] = device.split(":");
      return { major: Number(major), minor: Number(minor), ...counts, cost: this.#costs.get(device) };
    });
  }
}

function isDevice(word: string): boolean {
  return /^\d{1,8}:\d{1,8}$/.test(word);
}
