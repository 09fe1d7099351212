import { readdir, readFile } from "node:fs/promises";
import { waitFor } from "../../test/support/wait-for.ts";

/** What a daemon at rest takes. */
export interface Weight {
  readonly rssBytes: number;
  readonly descriptors: number;
}

/** How long a daemon may take to come to rest, and how often it must look the same. */
const restMs = 60_000;
const looks = 30;

/** Weighs a daemon once its number of descriptors has stood still. */
export async function weighAtRest(pid: number): Promise<Weight> {
  let last = -1;
  let same = 0;
  await waitFor(
    "the daemon to come to rest",
    async () => {
      const count = (await readdir(`/proc/${pid}/fd`)).length;
      same = count === last ? same + 1 : 0;
      last = count;
      return same >= looks;
    },
    { timeoutMs: restMs, intervalMs: 300 },
  );
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return { rssBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024, descriptors: last };
}
