import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Child, createLinuxHost, type Host } from "#host";
import { waitFor } from "../../support/wait-for.ts";
import { openPlace, type Place } from "./place.ts";

const lookPeriodMs = 1_000;

describe("orphans of the linux host", () => {
  let place: Place;
  let host: Host;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    place = await openPlace();
    host = await createLinuxHost({ path: "/usr/bin:/bin", adoptsOrphans: true });
  });

  afterEach(async () => {
    vi.useRealTimers();
    await place.dispose();
  });

  /** A process that a program of ours has left behind; it ends with code 6 when its input does. */
  async function leave(): Promise<{ readonly pid: number; readonly leaver: Child }> {
    const leaver = await host.processes.spawn(
      { program: "sh", args: ["-c", "sh -c 'read x; exit 6' <&3 & echo $!"] },
      { descriptors: { 1: "pipe-from-child", 3: "pipe-to-child" } },
    );
    const [said] = (await once(leaver.readers[1] ?? process.stdin, "data")) as [Buffer];
    await leaver.exited;
    return { pid: Number(said.toString()), leaver };
  }

  it("can be adopted, and then tell how they end", async () => {
    const { pid, leaver } = await leave();

    const adopted = host.processes.adopt(pid);
    leaver.writers[3]?.end("\n");

    expect(await adopted.exited).toEqual({ exitCode: 6 });
  });

  it("can be adopted when they have ended already", async () => {
    const { pid, leaver } = await leave();
    leaver.writers[3]?.end("\n");
    await waitFor("its end", () => Promise.resolve(host.processes.identify(pid) === undefined));

    expect(await host.processes.adopt(pid).exited).toEqual({ exitCode: 6 });
  });

  it("are found by the directory that they were left in, until somebody adopts them", async () => {
    const { pid, leaver } = await leave();
    const directory = process.cwd();

    const found = host.processes.orphansIn(directory);
    const elsewhere = host.processes.orphansIn(place.directory);
    const adopted = host.processes.adopt(pid);
    const later = host.processes.orphansIn(directory);
    leaver.writers[3]?.end("\n");
    await adopted.exited;

    expect(found.map((identity) => identity.pid)).toContain(pid);
    expect(elsewhere).toEqual([]);
    expect(later.map((identity) => identity.pid)).not.toContain(pid);
  });

  it("are reaped that nobody adopts, when they were seen dead twice", async () => {
    const { pid, leaver } = await leave();
    leaver.writers[3]?.end("\n");
    await waitFor("its end", () => Promise.resolve(host.processes.identify(pid) === undefined));

    vi.advanceTimersByTime(lookPeriodMs);
    const stat = await host.files.readText(`/proc/${pid}/stat`);
    vi.advanceTimersByTime(lookPeriodMs);
    const isReaped = waitFor("it to be reaped", async () => (await host.files.stat(`/proc/${pid}`)) === undefined);

    expect(stat).toContain(" Z ");
    expect(await isReaped).toBe(true);
  });
});
