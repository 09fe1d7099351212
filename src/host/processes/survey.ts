import { readFileSync, readlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { isErrno } from "../errno.ts";
import type { TaskStates, TaskSurvey } from "../types.ts";
import { parseProcessStat } from "./identity.ts";

/** Files that are looked at in one turn of the event loop: a fraction of a millisecond. */
const batchSize = 64;

/** The states that are told apart, by the kernel's letter; tasks that are idle, parked or dead are nobody's load. */
const stateOfLetter: Readonly<Record<string, keyof TaskStates>> = {
  R: "running",
  S: "sleeping",
  D: "uninterruptible",
  T: "stopped",
  t: "stopped",
};

/** See `Processes.survey`. */
export async function surveyProcesses(pids: readonly number[], signal?: AbortSignal): Promise<TaskSurvey> {
  const states = { running: 0, sleeping: 0, uninterruptible: 0, stopped: 0 };
  const files = { openFiles: 0, sockets: 0 };
  for (const pid of pids) {
    signal?.throwIfAborted();
    await countStates(pid, states);
    await countFiles(pid, files);
  }
  return { states, ...files };
}

async function countStates(pid: number, states: Record<keyof TaskStates, number>): Promise<void> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(noneWhenEnded);
  for (const [index, task] of tasks.entries()) {
    if (index > 0 && index % batchSize === 0) await setImmediate();
    const line = whileAlive(() => readFileSync(`/proc/${pid}/task/${task}/stat`, "latin1"));
    const state = stateOfLetter[parseProcessStat(line ?? "")?.state ?? ""];
    if (state !== undefined) states[state] += 1;
  }
}

async function countFiles(pid: number, files: { openFiles: number; sockets: number }): Promise<void> {
  const directory = `/proc/${pid}/fd`;
  const names = await readdir(directory).catch(noneWhenEnded);
  files.openFiles += names.length;
  for (const [index, name] of names.entries()) {
    if (index > 0 && index % batchSize === 0) await setImmediate();
    const target = whileAlive(() => readlinkSync(`${directory}/${name}`));
    if (target?.startsWith("socket:") === true) files.sockets += 1;
  }
}

const limitLine = /^Max open files\s+(\d{1,20})\s/m;

/** See `Processes.openFilesLimit`. */
export function readOpenFilesLimit(pid: number): bigint | undefined {
  const [, soft] = limitLine.exec(whileAlive(() => readFileSync(`/proc/${pid}/limits`, "latin1")) ?? "") ?? [];
  return soft === undefined ? undefined : BigInt(soft);
}

/** Undefined when the process has ended meanwhile. */
function whileAlive<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

function noneWhenEnded(error: unknown): readonly string[] {
  if (isErrno(error, "ENOENT", "ESRCH")) return [];
  throw error;
}
