/**
 * Asks a daemon for its version as a kubelet would, over a connection of its own.
 *
 * The client is loaded when the first question is asked: most daemons have no watchdog.
 *
 * @throws Fault `timed-out`, or `unavailable` when nobody serves the socket
 */
export async function askVersion(socketPath: string, timeoutMs: number): Promise<void> {
  const { createCriClient } = await import("#client");
  const client = createCriClient({ endpoint: `unix://${socketPath}`, timeoutMs });
  try {
    await client.version({});
  } finally {
    client.close();
  }
}
