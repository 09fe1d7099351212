/**
 * Loaded into a measured crispd before its own code: measures how late the event
 * loop of its main thread comes, and tells whoever connects to the socket that
 * the environment names, since the last one did.
 */
import { createServer } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import { type LoopDelay, loopProbeVariable } from "./loop-delay.ts";

const socketPath = process.env[loopProbeVariable];
if (isMainThread && socketPath !== undefined) {
  // What the daemon starts must not measure itself, too.
  delete process.env[loopProbeVariable];
  delete process.env["NODE_OPTIONS"];
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const server = createServer((connection) => {
    const told: LoopDelay = { p99Ms: delays.percentile(99) / 1e6, maxMs: delays.max / 1e6 };
    delays.reset();
    connection.end(JSON.stringify(told));
  });
  server.listen(socketPath);
  server.unref();
}
