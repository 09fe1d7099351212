import { readFile, writeFile } from "node:fs/promises";
import type { Crispd } from "../../support/crispd.ts";

/** Begins to watch the most memory that crispd has had; answers with how to ask by how many bytes that is more than now. */
export async function watchPeak(crispd: Pick<Crispd, "pid">): Promise<() => Promise<number>> {
  // Lets the kernel forget the peaks of before.
  await writeFile(`/proc/${crispd.pid()}/clear_refs`, "5");
  const before = await memoryBytes(crispd, "VmRSS");
  return async () => (await memoryBytes(crispd, "VmHWM")) - before;
}

async function memoryBytes(crispd: Pick<Crispd, "pid">, name: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${crispd.pid()}/status`, "utf8");
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}
