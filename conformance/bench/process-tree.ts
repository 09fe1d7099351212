import { readdir, readFile } from "node:fs/promises";

/** Memory of a process and all that descend from it: their resident sizes, added up. */
export async function readTreeRssBytes(pid: number): Promise<number> {
  const [own, children] = await Promise.all([readRssBytes(pid), readChildren(pid)]);
  const below = await Promise.all(children.map((child) => readTreeRssBytes(child)));
  return below.reduce((sum, bytes) => sum + bytes, own);
}

/** 0 for a process that has ended meanwhile. */
export async function readRssBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Every thread has children of its own. */
async function readChildren(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, "utf8").catch(() => "")),
  );
  return lists.flatMap((list) => list.split(" ").filter((text) => text !== "")).map(Number);
}
