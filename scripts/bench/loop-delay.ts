import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** How late an event loop came. */
export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Names the socket at which a probe answers. */
export const loopProbeVariable = "CRISP_BENCH_LOOP_SOCKET";

/** The environment in which a crispd measures its own event loop. */
export function loopProbeEnvironment(socketPath: string): Readonly<Record<string, string>> {
  const probe = fileURLToPath(new URL("./loop-probe.ts", import.meta.url));
  return { [loopProbeVariable]: socketPath, NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${probe}` };
}

/** What the probe has measured since it was asked last. */
export async function takeLoopDelay(socketPath: string): Promise<LoopDelay> {
  return JSON.parse(await text(connect(socketPath))) as LoopDelay;
}
