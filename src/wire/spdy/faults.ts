import { Fault } from "#foundation";

/** When a peer breaks SPDY/3.1, or goes beyond a limit, in a way that ends the session. */
export function badSpdy(problem: string): Fault {
  return new Fault("invalid", `spdy: ${problem}`, { reason: { code: "wire.bad-spdy", problem } });
}

/** When the peer ends one stream before its time. */
export function streamReset(streamId: number, status: number): Fault {
  return new Fault("canceled", `spdy: the peer has reset stream ${streamId} with status ${status}`, {
    reason: { code: "wire.spdy-reset", streamId, status },
  });
}

/** When the connection ends under streams that have not. */
export function connectionLost(cause?: unknown): Fault {
  return new Fault("unavailable", "spdy: the connection was closed", {
    reason: { code: "wire.connection-lost" },
    ...(cause === undefined ? {} : { cause }),
  });
}
