import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type CriClient, openRemoteProcess, type RemoteProcess, type StreamTransport } from "#client";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "../daemon/daemon-fixture.ts";
import { watchPeak } from "../daemon/peak-memory.ts";
import { execSync, exited, idle, readLog, runPod, startShell } from "../daemon/pod-acts.ts";

const daemon = useDaemon();
const { signal } = new AbortController();
const transports: readonly StreamTransport[] = ["spdy", "websocket"];
const all = { tty: false, stdin: true, stdout: true, stderr: true };
/** What crispd may grow by at its peak: what it keeps for a client, twice, and its heap between two collections. */
const maxGrowthBytes = 32 * 1_048_576;
/** What an attached container writes: many times that. */
const lineBytes = 7_999;
const lineCount = 12_000;

test.each(transports)(
  "a command waits for a client over %s that stopped reading, in its own memory",
  async (transport) => {
    const { client } = daemon();
    const containerId = await startShell(daemon(), await runPod(daemon()), idle);
    const megabytes =
      "echo 0 > /written; i=0; while [ $i -lt 200 ]; do head -c 1000000 /dev/zero; i=$((i+1)); echo $i > /written; done";
    const { url } = await client.exec({ ...all, containerId, cmd: ["sh", "-c", megabytes] });
    const peakGrowth = await watchPeak(daemon().crispd);

    const remote = await openRemoteProcess({ url, transport, ...all, signal });
    await waitFor("the first bytes", () => (remote.stdout?.readableLength ?? 0) > 0 || (remote.stdout?.read(0), false));
    const written = await untilHeld(client, containerId);
    const grownBy = await peakGrowth();
    const received = await countBytes(remote);

    expect(written).toBeLessThan(50);
    expect(grownBy).toBeLessThan(maxGrowthBytes);
    expect([received, await remote.exitCode]).toEqual([200_000_000, 0]);
    remote.close();
  },
);

test.each(transports)(
  "a client of attach over %s that stopped reading stalls neither container nor log",
  async (transport) => {
    const { client, crispd } = daemon();
    const pod = await runPod(daemon());
    const lines = `read x; yes $(printf %0${lineBytes}d 0) | head -n ${lineCount}; echo over`;
    const containerId = await startShell(daemon(), pod, lines, { stdin: true });
    const { url } = await client.attach({ ...all, containerId });
    const peakGrowth = await watchPeak(daemon().crispd);

    const remote = await openRemoteProcess({ url, transport, ...all, signal });
    remote.stdin?.write("go\n");
    await exited(client, containerId, { timeoutMs: 40_000 });
    const grownBy = await peakGrowth();
    remote.close();

    const log = await readLog(pod);
    expect(log.at(-1)?.text).toBe("over");
    expect(log.reduce((sum, { text }) => sum + text.length, 0)).toBe(lineCount * lineBytes + "over".length);
    expect(await readFile(crispd.logFile, "utf8")).toContain("bytes behind the container");
    expect(grownBy).toBeLessThan(maxGrowthBytes);
  },
);

/** The megabytes that a command has written when it writes no more. */
async function untilHeld(client: CriClient, containerId: string): Promise<number> {
  let last = "";
  return waitFor(
    "the command to be held",
    async () => {
      const { stdout } = await execSync(client, containerId, ["cat", "/written"]);
      const isHeld = stdout !== "" && stdout === last;
      last = stdout;
      return isHeld ? Number(stdout) : undefined;
    },
    { intervalMs: 500 },
  );
}

async function countBytes({ stdout, stderr }: RemoteProcess): Promise<number> {
  stderr?.resume();
  let count = 0;
  for await (const bytes of stdout ?? []) count += (bytes as Buffer).length;
  return count;
}
