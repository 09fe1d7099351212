import { readFile } from "node:fs/promises";
import type { ContestantProcesses } from "./contestant.ts";

/** The processor's time that processes took over a period, in parts of one processor. */
export interface CpuShares {
  readonly daemon: number;
  /** The daemon, and what it keeps beside it. */
  readonly all: number;
}

/** Length of the kernel's clock tick in /proc, the same on every architecture. */
const tickMs = 10;

/** What a contestant's processes take of a processor while the work is done. */
export async function measureCpu(
  { daemon, keepers }: ContestantProcesses,
  work: () => Promise<void>,
): Promise<CpuShares> {
  const readAll = (): Promise<readonly number[]> => Promise.all([daemon, ...keepers].map(readCpuMs));
  const startedAt = performance.now();
  const before = await readAll();
  await work();
  const after = await readAll();
  const elapsedMs = performance.now() - startedAt;
  const spent = after.map((ms, index) => ms - (before[index] ?? 0));
  return { daemon: (spent[0] ?? 0) / elapsedMs, all: spent.reduce((sum, ms) => sum + ms, 0) / elapsedMs };
}

/** What the daemon's processor time came to for each of some calls; undefined when its process is not known. */
export async function measureCallCpu(
  daemon: number | undefined,
  work: () => Promise<readonly number[]>,
): Promise<{ readonly callMs: readonly number[]; readonly cpuMs: number | undefined }> {
  const before = daemon === undefined ? 0 : await readCpuMs(daemon);
  const callMs = await work();
  if (daemon === undefined || callMs.length === 0) return { callMs, cpuMs: undefined };
  return { callMs, cpuMs: ((await readCpuMs(daemon)) - before) / callMs.length };
}

/** User and system time: the 14th and 15th field, counted from behind the name, which may hold anything. */
export async function readCpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
