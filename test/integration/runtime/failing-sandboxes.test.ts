import { describe, expect, it, type TestContext } from "vitest";
import type { ContainerExit, ContainerHandle } from "#runtime";
import type { Failure, PlayedShimOptions } from "../../support/played-shim.ts";
import {
  ended,
  lateInCreate,
  type PlayedPlace,
  placeOfPlayed,
  refusal,
  requestSandbox,
  shortMs,
} from "./failing-shim.ts";

type Fails = PlayedShimOptions["fails"];

interface Sandboxed extends PlayedPlace {
  readonly sandbox: ContainerHandle;
}

/** A sandbox that runs, of a shim that fails in these calls from now on. */
async function running(fails: Fails, context: TestContext): Promise<Sandboxed> {
  const played = await placeOfPlayed({ fails, sandboxer: "shim" }, context);
  const { runtime } = played.place;
  const sandbox = await runtime.create(await requestSandbox(played.place));
  await runtime.start(sandbox);
  return { ...played, sandbox };
}

/** Ends a sandbox as a pod's stop does, and the call that is to fail comes. */
async function remove({ place, sandbox, deadlines }: Sandboxed): Promise<ContainerExit> {
  deadlines.failNext();
  await place.runtime.killAll(sandbox);
  const exit = await place.runtime.observeExit(sandbox, { signal: AbortSignal.timeout(30_000) });
  await place.runtime.delete(sandbox, { isForced: true });
  return exit;
}

function isThere({ place, sandbox }: Sandboxed): boolean {
  return place.host.processes.identify(sandbox.monitor.pid) !== undefined;
}

describe.concurrent("a sandbox whose shim fails is not made, and nothing of it is left", () => {
  it.for([
    ["CreateSandbox", "dies", "unavailable", ended("CreateSandbox")],
    ["CreateSandbox", "hangs", "timed-out", "the shim has not answered CreateSandbox in N ms"],
    ["CreateSandbox", "missing", "unsupported", "the shim's CreateSandbox: no CreateSandbox here"],
    ["CreateSandbox", "refuses", "broken", "no CreateSandbox today"],
    ["CreateSandbox", "garbles", "broken", "the shim's CreateSandbox: its answer is no message"],
    ["StartSandbox", "dies", "unavailable", ended("StartSandbox")],
    ["StartSandbox", "deafens", "timed-out", "the shim has not answered StartSandbox in N ms"],
    ["StartSandbox", "refuses", "broken", "no StartSandbox today"],
    ["Platform", "dies", "unavailable", ended("Platform")],
    ["Platform", "refuses", "broken", "no Platform today"],
  ] as const)("%s %s", async ([method, failure, kind, why], context) => {
    const options = { fails: { [method]: failure }, sandboxer: "shim", deadlines: lateInCreate() } as const;
    const { place, shim } = await placeOfPlayed(options, context);
    const asked = await requestSandbox(place);

    const seen = await refusal(place.runtime, asked);

    expect(seen).toEqual([kind, expect.stringContaining(why)]);
    expect(seen[1]).toContain("create sandbox ID: handler bad: ");
    await expect(place.runtime.inspect(asked)).resolves.toBe("missing");
    await expect(shim.isRunning()).resolves.toBe(false);
    await expect(shim.hasCleanedUp()).resolves.toBe(failure === "dies" || failure === "deafens");
  });

  it("when it is for other machines", async (context) => {
    const platform = { os: "linux", architecture: "s390x" };
    const { place, shim } = await placeOfPlayed({ fails: {}, platform, sandboxer: "shim" }, context);

    const [, message] = await refusal(place.runtime, await requestSandbox(place));

    expect(message).toContain("the shim's Platform: it is for linux/s390x");
    await expect(shim.isRunning()).resolves.toBe(false);
  });
});

describe.concurrent("a sandbox whose shim fails later", () => {
  it("is made without Platform, and like the machine then", async (context) => {
    const made = await running({ Platform: "missing" }, context);

    await expect(remove(made)).resolves.toMatchObject({ kind: "exited", exitCode: 137 });
    expect(isThere(made)).toBe(false);
  });

  it.for([
    ["dies", "the shim ended before it could tell the exit code"],
    ["missing", "no WaitSandbox here"],
    ["refuses", "no WaitSandbox today"],
    ["garbles", "its answer is no message"],
  ] as const)("is told as lost when WaitSandbox %s, and its shim does not stay", async ([failure, why], context) => {
    const made = await running({ WaitSandbox: failure }, context);

    const exit = await made.place.runtime.observeExit(made.sandbox);

    expect(exit).toMatchObject({ told: { reason: "ShimLost", message: expect.stringContaining(why) as unknown } });
    expect(isThere(made)).toBe(false);
    await expect(made.shim.hasCleanedUp()).resolves.toBe(true);
  });

  it.for(["dies", "hangs", "missing", "refuses"] as const)(
    "can be removed when StopSandbox %s",
    async (bad, context) => {
      const made = await running({ StopSandbox: bad }, context);

      await expect(remove(made)).resolves.toMatchObject({ told: { reason: "ShimLost" } });
      expect(isThere(made)).toBe(false);
      await expect(made.shim.hasCleanedUp()).resolves.toBe(true);
    },
  );

  it.for(["dies", "hangs", "missing", "refuses"] as const)(
    "can be removed when ShutdownSandbox %s",
    async (failure, context) => {
      const made = await running({ ShutdownSandbox: failure }, context);

      await expect(remove(made)).resolves.toMatchObject({ kind: "exited", exitCode: 137 });
      expect(isThere(made)).toBe(false);
    },
  );

  it("can be removed when WaitSandbox never answers", async (context) => {
    const made = await running({ WaitSandbox: "hangs" }, context);

    made.deadlines.failNext();
    await made.place.runtime.delete(made.sandbox, { isForced: true });

    expect(isThere(made)).toBe(false);
    await expect(made.shim.hasCleanedUp()).resolves.toBe(true);
  });

  it.for([
    ["hangs", `the shim has not answered SandboxStatus in ${shortMs} ms`],
    ["refuses", "the shim's SandboxStatus: no SandboxStatus today"],
  ] as const)("tells that SandboxStatus %s, and can be removed", async ([failure, message], context) => {
    const made = await running({ SandboxStatus: failure }, context);

    made.deadlines.failNext();
    await expect(made.place.runtime.inspect(made.sandbox)).rejects.toMatchObject({ message });
    made.deadlines.failNext();
    await made.place.runtime.delete(made.sandbox, { isForced: true });
    expect(isThere(made)).toBe(false);
  });

  it("and that a later crispd finds, is told as lost", async (context) => {
    const fails: Partial<Record<"SandboxStatus" | "WaitSandbox", Failure>> = {};
    const made = await running(fails, context);
    const later = await made.place.restart();
    fails.SandboxStatus = "dies";

    const state = await later.inspect(made.sandbox);

    expect(state).toBe("stopped");
    await expect(later.observeExit(made.sandbox)).resolves.toMatchObject({ told: { reason: "ShimLost" } });
    await expect(made.shim.hasCleanedUp()).resolves.toBe(true);
  });
});
