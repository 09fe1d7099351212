import { describe, expect, it } from "vitest";
import type { ContainerHandle } from "#runtime";
import { ended, placeOfPlayed, requestContainer, shortMs } from "./failing-shim.ts";
import type { RuntimePlace } from "./place.ts";

const sigterm = 15;

async function started(place: RuntimePlace): Promise<ContainerHandle> {
  const made = await place.runtime.create(await requestContainer(place));
  await place.runtime.start(made);
  return made;
}

describe.concurrent("a shim that fails later", () => {
  it.for([
    ["dies", "unavailable", ended("Start")],
    ["deafens", "timed-out", `the shim has not answered Start in ${shortMs} ms`],
    ["missing", "unsupported", "the shim's Start: no Start here"],
  ] as const)("start() when it %s", async ([failure, kind, why], context) => {
    const { place, deadlines } = await placeOfPlayed({ fails: { Start: failure } }, context);
    const container = await place.runtime.create(await requestContainer(place));
    deadlines.failNext();

    const message = `start ${container.id}: handler bad: ${why}`;
    await expect(place.runtime.start(container)).rejects.toMatchObject({ kind, message });
    await place.runtime.delete(container, { isForced: true });
    expect(place.host.processes.identify(container.monitor.pid)).toBeUndefined();
  });

  it.for([
    ["Pause", "missing", "unsupported", "the shim of bad cannot"],
    ["Checkpoint", "missing", "unsupported", "the shim of bad cannot"],
    ["Pause", "hangs", "timed-out", `handler bad: the shim has not answered Pause in ${shortMs} ms`],
    ["Checkpoint", "hangs", "timed-out", `handler bad: the shim has not answered Checkpoint in ${shortMs} ms`],
  ] as const)("checkpoint() when %s %s, and the container runs on", async ([method, failure, kind, why], context) => {
    const { place, deadlines } = await placeOfPlayed({ fails: { [method]: failure } }, context);
    const container = await started(place);
    const { bundleDirectory } = container;
    const places = { imageDirectory: bundleDirectory, workDirectory: bundleDirectory };
    const still: string[] = [];
    const whileStill = async (): Promise<void> => void still.push("it stands still");
    deadlines.failNext();

    const writing = place.runtime.checkpoint(container, { ...places, whileStill });

    await expect(writing).rejects.toMatchObject({ kind, message: expect.stringContaining(why) as string });
    await expect(place.runtime.inspect(container)).resolves.toBe("running");
    expect(still).toEqual([]);
  });

  it.for([
    ["hangs", "timed-out", `the shim has not answered Exec in ${shortMs} ms`],
    ["missing", "unsupported", "the shim's Exec: no Exec here"],
  ] as const)("execSync() when Exec %s, and the container runs on", async ([failure, kind, why], context) => {
    const { place, deadlines } = await placeOfPlayed({ fails: { Exec: failure } }, context);
    const container = await started(place);
    deadlines.failNext();

    const executing = place.runtime.execSync(container, { command: ["/bin/true"], timeoutMs: 0 });

    const message = `exec in ${container.id}: handler bad: ${why}`;
    await expect(executing).rejects.toMatchObject({ kind, message });
    await expect(place.runtime.inspect(container)).resolves.toBe("running");
  });

  it.for([
    ["missing", "unsupported", "its shim does not tell"],
    ["hangs", "timed-out", `handler bad: the shim has not answered Pids in ${shortMs} ms`],
    ["garbles", "broken", "handler bad: the shim's Pids: its answer is no message"],
  ] as const)("listProcesses() when Pids %s, and the container runs on", async ([failure, kind, why], context) => {
    const { place, deadlines } = await placeOfPlayed({ fails: { Pids: failure } }, context);
    const container = await started(place);
    deadlines.failNext();

    const listing = place.runtime.listProcesses(container);

    const message = `list the processes of ${container.id}: ${why}`;
    await expect(listing).rejects.toMatchObject({ kind, message });
    await expect(place.runtime.inspect(container)).resolves.toBe("running");
  });

  it("execSync() when it dies, and the container is told as ended", async (context) => {
    const { place, shim } = await placeOfPlayed({ fails: { Exec: "dies" } }, context);
    const container = await started(place);

    const executing = place.runtime.execSync(container, { command: ["/bin/true"], timeoutMs: 0 });

    // What stands for the container is the shim here, whose connection goes a moment before it.
    const kind = expect.toBeOneOf(["wrong-state", "unavailable"]) as unknown;
    await expect(executing).rejects.toMatchObject({ kind });
    await expect(place.runtime.observeExit(container)).resolves.toMatchObject({ told: { reason: "ShimLost" } });
    await expect(shim.hasCleanedUp()).resolves.toBe(true);
  });

  it.for([
    ["missing", "no Wait here"],
    ["refuses", "no Wait today"],
    ["garbles", "its answer is no message"],
  ] as const)(
    "observeExit() when Wait %s: it is killed, and the container told as lost",
    async ([failure, why], context) => {
      const { place, shim } = await placeOfPlayed({ fails: { Wait: failure } }, context);
      const container = await started(place);

      const exit = await place.runtime.observeExit(container);

      const message = `the shim could not say when it ends, and was killed: the shim's Wait: ${why}`;
      expect(exit).toMatchObject({ told: { exitCode: 255, reason: "ShimLost", message } });
      await expect(shim.hasCleanedUp()).resolves.toBe(true);
    },
  );

  it.for(["missing", "refuses", "hangs"] as const)(
    "killAll() when Kill %s: it is killed, and the container told as lost",
    async (failure, context) => {
      const { place, shim, deadlines } = await placeOfPlayed({ fails: { Kill: failure } }, context);
      const container = await started(place);
      deadlines.failNext();

      await place.runtime.killAll(container);

      await expect(place.runtime.observeExit(container)).resolves.toMatchObject({ told: { reason: "ShimLost" } });
      await expect(shim.hasCleanedUp()).resolves.toBe(true);
    },
  );

  it("kill() when Kill is refused, and the container runs on", async (context) => {
    const { place } = await placeOfPlayed({ fails: { Kill: "refuses" } }, context);
    const container = await started(place);

    const killing = place.runtime.kill(container, sigterm);

    await expect(killing).rejects.toMatchObject({ message: "the shim's Kill: no Kill today" });
    await expect(place.runtime.inspect(container)).resolves.toBe("running");
  });

  it.for(["missing", "refuses", "hangs", "garbles"] as const)(
    "a container's end is told though Delete %s, and the shim ends with the container",
    async (failure, context) => {
      const { place, deadlines } = await placeOfPlayed({ fails: { Delete: failure } }, context);
      const container = await started(place);

      await place.runtime.killAll(container);
      deadlines.failNext();
      const exit = await place.runtime.observeExit(container);
      deadlines.failNext();
      await place.runtime.delete(container, { isForced: true });

      expect(exit).toMatchObject({ kind: "exited", exitCode: 137 });
      expect(place.host.processes.identify(container.monitor.pid)).toBeUndefined();
    },
  );

  it.for([
    ["hangs", `the shim has not answered State in ${shortMs} ms`],
    ["refuses", "the shim's State: no State today"],
  ] as const)("inspect() when State %s, and the container can be removed", async ([failure, message], context) => {
    const { place, deadlines } = await placeOfPlayed({ fails: { State: failure } }, context);
    const container = await started(place);

    deadlines.failNext();
    await expect(place.runtime.inspect(container)).rejects.toMatchObject({ message });
    deadlines.failNext();
    await place.runtime.delete(container, { isForced: true });
    expect(place.host.processes.identify(container.monitor.pid)).toBeUndefined();
  });

  it.for(["Stats", "Shutdown"] as const)("a container comes and goes without %s", async (method, context) => {
    const { place } = await placeOfPlayed({ fails: { [method]: "missing" } }, context);
    const container = await started(place);

    const used = await place.runtime.statistics?.(container);
    await place.runtime.killAll(container);
    const exit = await place.runtime.observeExit(container);
    await place.runtime.delete(container);

    expect(used).toBeUndefined();
    expect(exit).toMatchObject({ kind: "exited", exitCode: 137 });
    expect(place.host.processes.identify(container.monitor.pid)).toBeUndefined();
  });
});
