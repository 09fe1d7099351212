import path from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import type { ContainerHandle, CreateRequest } from "#runtime";
import { type PlayedShim, type PlayedShimOptions, playShim, writeScript } from "../../support/played-shim.ts";
import { openRuntimePlace, type RuntimePlace, shimWith } from "./place.ts";

const forever = ["/bin/sleep", "1000"];
/** Deadlines for tests in which one is waited for: making a container takes two programs, on a machine that may be busy. */
const short = { createTimeoutMs: 6_000, callTimeoutMs: 5_000, checkpointTimeoutMs: 1_000 };

interface Bad {
  /** Makes the program of the shim. */
  readonly install: (directory: string) => Promise<string>;
  /** Whether deadlines are waited for. */
  readonly isSilent: boolean;
}

/** A place whose handler has a bad shim; leaving it fails when anything is left on the machine. */
async function placeOf({ install, isSilent }: Bad, { onTestFinished }: TestContext): Promise<RuntimePlace> {
  const place = await openRuntimePlace(async (deps) => {
    const shimPath = await install(deps.directory);
    return await shimWith({ handler: "bad", shimPath, ...(isSilent ? short : {}) })(deps);
  });
  onTestFinished(() => place.dispose());
  return place;
}

async function placeOfScript(script: string, context: TestContext): Promise<RuntimePlace> {
  const install = async (directory: string): Promise<string> => {
    const program = path.join(directory, "containerd-shim-bad-v1");
    await writeScript(program, script);
    return program;
  };
  return await placeOf({ install, isSilent: script.includes("sleep") }, context);
}

async function placeOfPlayed(
  options: PlayedShimOptions,
  context: TestContext,
): Promise<{ place: RuntimePlace; shim: PlayedShim }> {
  const { promise: shim, resolve } = Promise.withResolvers<PlayedShim>();
  const install = async (directory: string): Promise<string> => {
    const played = await playShim(directory, options);
    // Goes after the place, which still calls it.
    context.onTestFinished(() => played[Symbol.asyncDispose]());
    resolve(played);
    return played.program;
  };
  const isSilent = Object.values(options.fails).some((failure) => failure === "hangs" || failure === "deafens");
  return { place: await placeOf({ install, isSilent }, context), shim: await shim };
}

async function started({ runtime, request }: RuntimePlace): Promise<ContainerHandle> {
  const container = await runtime.create(await request(forever));
  await runtime.start(container);
  return container;
}

/** What `create` says, without the container's id and the exact time. */
async function refusal({ runtime }: RuntimePlace, asked: CreateRequest): Promise<readonly [string, string]> {
  const error: unknown = await runtime.create(asked).catch((thrown: unknown) => thrown);
  const { kind, message } = error as Error & { readonly kind: string };
  return [kind, message.replace(asked.id, "ID").replace(/\d+ ms/, "N ms")];
}

function ended(method: string): string {
  return `the shim ended, or closed its connection, before it answered ${method}`;
}

describe.concurrent("a shim that does not start", () => {
  it.for([
    ["it fails, and says why", 'echo "no /dev/hypervisor" >&2; exit 1', "exit code 1: no /dev/hypervisor"],
    ["it fails, and does not say why", "exit 3", "exit code 3"],
    ["it hangs", "sleep 1000", "it did not end in N ms and was killed"],
    [
      "it prints no address",
      "echo hello",
      'decode the answer of a shim\'s start: "hello" is no address of a unix socket',
    ],
    [
      "it prints an address where nobody is",
      "echo unix:///no/such",
      "nobody is at the address that the shim's start gave: connect to /no/such: no such file or directory",
    ],
    [
      "it has another version",
      'echo \'{"version":9,"address":"unix:///s","protocol":"ttrpc"}\'',
      "decode the answer of a shim's start: version 9 is neither 2 nor 3",
    ],
  ] as const)("%s", async ([, script, why], context) => {
    const place = await placeOfScript(script, context);

    const seen = await refusal(place, await place.request(forever));

    expect(seen).toEqual(["broken", `create ID: handler bad: start the shim: ${why}`]);
  });
});

describe.concurrent("a shim that fails in create() is told with the call, and nothing of it is left", () => {
  it.for([
    ["Connect", "dies", "broken", `start the shim: ${ended("Connect")}`],
    ["Connect", "hangs", "timed-out", "the shim has not answered Connect in N ms"],
    ["Connect", "garbles", "broken", "the shim's Connect: its answer is no message"],
    ["Create", "dies", "unavailable", ended("Create")],
    ["Create", "hangs", "timed-out", "the shim has not answered Create in N ms"],
    ["Create", "deafens", "timed-out", "the shim has not answered Create in N ms"],
    ["Create", "missing", "unsupported", "the shim's Create: no Create here"],
    ["Create", "garbles", "broken", "the shim's Create: its answer is no message"],
  ] as const)("%s %s", async ([method, failure, kind, why], context) => {
    const { place } = await placeOfPlayed({ fails: { [method]: failure } }, context);

    const seen = await refusal(place, await place.request(forever));

    expect(seen).toEqual([kind, `create ID: handler bad: ${why}`]);
  });

  it("what it did wrong is told of the handler until it makes a container", async (context) => {
    const fails: { Create?: "garbles" } = { Create: "garbles" };
    const { place } = await placeOfPlayed({ fails }, context);

    await refusal(place, await place.request(forever));
    const before = place.runtime.latestFailure;
    delete fails.Create;
    await started(place);

    expect(before).toContain("handler bad: the shim's Create: its answer is no message");
    expect(place.runtime.latestFailure).toBeUndefined();
  });

  it("a process that it is not is told; the shim is found and killed, and its program cleans up", async (context) => {
    const { place, shim } = await placeOfPlayed({ fails: {}, claimedPid: 0 }, context);

    const seen = await refusal(place, await place.request(forever));

    expect(seen).toEqual([
      "broken",
      "create ID: handler bad: the shim's Connect: it says process 0, which there is not",
    ]);
    await expect(shim.hasCleanedUp()).resolves.toBe(true);
  });
});

describe.concurrent("a shim that fails later", () => {
  it.for([
    ["dies", "unavailable", ended("Start")],
    ["deafens", "timed-out", `the shim has not answered Start in ${short.callTimeoutMs} ms`],
    ["missing", "unsupported", "the shim's Start: no Start here"],
  ] as const)("start() when it %s", async ([failure, kind, why], context) => {
    const { place } = await placeOfPlayed({ fails: { Start: failure } }, context);
    const container = await place.runtime.create(await place.request(forever));

    const message = `start ${container.id}: handler bad: ${why}`;
    await expect(place.runtime.start(container)).rejects.toMatchObject({ kind, message });
    await place.runtime.delete(container, { isForced: true });
    expect(place.host.processes.identify(container.monitor.pid)).toBeUndefined();
  });

  it.for([
    ["hangs", "timed-out", `the shim has not answered Exec in ${short.callTimeoutMs} ms`],
    ["missing", "unsupported", "the shim's Exec: no Exec here"],
  ] as const)("execSync() when Exec %s, and the container runs on", async ([failure, kind, why], context) => {
    const { place } = await placeOfPlayed({ fails: { Exec: failure } }, context);
    const container = await started(place);

    const executing = place.runtime.execSync(container, { command: ["/bin/true"], timeoutMs: 0 });

    const message = `exec in ${container.id}: handler bad: ${why}`;
    await expect(executing).rejects.toMatchObject({ kind, message });
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
    ["Pause", "missing", "unsupported", "the shim of bad cannot"],
    ["Checkpoint", "missing", "unsupported", "the shim of bad cannot"],
    ["Pause", "hangs", "timed-out", `handler bad: the shim has not answered Pause in ${short.callTimeoutMs} ms`],
    ["Checkpoint", "hangs", "timed-out", "handler bad: the shim has not answered Checkpoint in 1000 ms"],
  ] as const)("checkpoint() when %s %s, and the container runs on", async ([method, failure, kind, why], context) => {
    const { place } = await placeOfPlayed({ fails: { [method]: failure } }, context);
    const container = await started(place);
    const { bundleDirectory } = container;
    const places = { imageDirectory: bundleDirectory, workDirectory: bundleDirectory };
    const still: string[] = [];
    const whileStill = async (): Promise<void> => void still.push("it stands still");

    const writing = place.runtime.checkpoint(container, { ...places, whileStill });

    await expect(writing).rejects.toMatchObject({ kind, message: expect.stringContaining(why) as string });
    await expect(place.runtime.inspect(container)).resolves.toBe("running");
    expect(still).toEqual([]);
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
