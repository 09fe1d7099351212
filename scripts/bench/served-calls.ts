import { request } from "node:http";
import { text } from "node:stream/consumers";
import type { ServedCalls } from "../../conformance/bench/contestant.ts";

const line = /^crisp_rpc_duration_seconds_(sum|count)\{service="[^"]*",method="([^"]+)"\} (\S+)$/gm;

/** What a crispd has counted of its calls, from the socket at which it serves its metrics. */
export async function readServedCalls(socketPath: string): Promise<ReadonlyMap<string, ServedCalls>> {
  const served = new Map<string, ServedCalls>();
  for (const [, kind, method = "", value] of (await scrape(socketPath)).matchAll(line)) {
    const known = served.get(method) ?? { count: 0, totalMs: 0 };
    const told = kind === "count" ? { count: Number(value) } : { totalMs: Number(value) * 1_000 };
    served.set(method, { ...known, ...told });
  }
  return served;
}

async function scrape(socketPath: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request({ socketPath, path: "/metrics" }, (answer) => void text(answer).then(resolve, reject))
    .on("error", reject)
    .end();
  return await promise;
}
