import { readFile } from "node:fs/promises";
import type { Contestant } from "./contestant.ts";

/** The memory that a contestant takes while its pods run. */
export interface Footprint {
  readonly pods: number;
  readonly daemonRssBytes: number;
  /** Proportional share of everything kept for one pod beside the daemon and the containers' own processes. */
  readonly keptPssBytesPerPod: number;
  readonly keepers: number;
}

/** Weighs a contestant while it has this many pods; undefined when its processes are not known. */
export async function weigh(contestant: Contestant, pods: number): Promise<Footprint | undefined> {
  const processes = await contestant.findProcesses?.();
  if (processes === undefined) return undefined;
  const shares = await Promise.all(processes.keepers.map((pid) => readSizeBytes(`/proc/${pid}/smaps_rollup`, "Pss")));
  return {
    pods,
    daemonRssBytes: await readSizeBytes(`/proc/${processes.daemon}/status`, "VmRSS"),
    keptPssBytesPerPod: shares.reduce((sum, share) => sum + share, 0) / pods,
    keepers: shares.length,
  };
}

/** A line such as `Pss:   452 kB` of a file below /proc. */
async function readSizeBytes(file: string, name: string): Promise<number> {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(await readFile(file, "utf8"));
  if (match === null) throw new Error(`read ${file}: no line ${name}`);
  return Number(match[1]) * 1024;
}
