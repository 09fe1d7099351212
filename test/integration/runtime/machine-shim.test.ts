import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ContainerHandle, CreateRequest } from "#runtime";
import { runtimeContract } from "../../contracts/runtime-contract.ts";
import { bundleMachineShim, installMachineShim } from "../../support/machine-shim.ts";
import { waitFor } from "../../support/wait-for.ts";
import { type MakeRuntime, openRuntimePlace, type RuntimePlace, readLog, shimWith } from "./place.ts";

const forever = ["/bin/sleep", "1000"];
const sigkill = 9;

const bundle = await bundleMachineShim();

function machines(protocol: "ttrpc" | "grpc", sandboxer: "container" | "shim"): MakeRuntime {
  return async (deps) => {
    const shimPath = await installMachineShim(bundle, deps.directory, { protocol });
    return await shimWith({ shimPath, sandboxer })(deps);
  };
}

runtimeContract("ShimRuntime with a shim of machines", () => openRuntimePlace(machines("ttrpc", "container")));

describe.each(["ttrpc", "grpc"] as const)("a sandbox that its shim controls, by %s", (protocol) => {
  let place: RuntimePlace;

  beforeEach(async () => {
    place = await openRuntimePlace(machines(protocol, "shim"));
  });

  afterEach(async () => {
    await place.dispose();
  });

  interface Pod {
    readonly asked: CreateRequest;
    readonly sandbox: ContainerHandle;
    readonly member: (args: readonly string[]) => Promise<ContainerHandle & { readonly logPath: string }>;
  }

  async function pod(): Promise<Pod> {
    const asked = await place.request(forever, { request: { logPath: undefined } });
    const { sandbox: config } = place.input(forever);
    const membership = { sandboxId: asked.id, sandboxBundle: asked.bundleDirectory, config, annotations: {} };
    const sandbox = await place.runtime.create({ ...asked, pod: { ...membership, role: "sandbox" } });
    await place.runtime.start(sandbox);
    const member: Pod["member"] = async (args) => {
      const request = { ...(await place.request(args)), pod: { ...membership, role: "container" as const } };
      const container = await place.runtime.create(request);
      await place.runtime.start(container);
      return { ...container, logPath: request.logPath ?? "" };
    };
    return { asked, sandbox, member };
  }

  it("runs containers in its one machine, and ends with its shim", async () => {
    const { sandbox, member } = await pod();
    const one = await member(["/bin/sh", "-c", "echo hello; exit 3"]);
    const two = await member(forever);

    const exit = await place.runtime.observeExit(one);
    const said = await place.runtime.execSync(two, { command: ["/bin/echo", "inside"], timeoutMs: 10_000 });
    const states = [await place.runtime.inspect(sandbox), await place.runtime.inspect(two)];
    for (const container of [one, two]) await place.runtime.delete(container, { isForced: true });
    const between = await place.runtime.inspect(sandbox);
    await place.runtime.killAll(sandbox);
    await place.runtime.observeExit(sandbox);
    await place.runtime.delete(sandbox, { isForced: true });

    expect([one.init, two.init]).toEqual([sandbox.init, sandbox.init]);
    expect(exit).toMatchObject({ kind: "exited", exitCode: 3 });
    expect(await readLog(one.logPath)).toEqual(["hello"]);
    expect(said.stdout.toString()).toBe("inside\n");
    expect(states).toEqual(["running", "running"]);
    expect(between).toBe("running");
    expect(place.host.processes.identify(sandbox.monitor.pid)?.startTicks).not.toBe(sandbox.monitor.startTicks);
  });

  it("tells that its machine has ended by itself, and its containers with it", async () => {
    const { sandbox, member } = await pod();
    const container = await member(forever);

    process.kill(sandbox.init.pid, "SIGKILL");

    await expect(place.runtime.observeExit(sandbox)).resolves.toMatchObject({ kind: "exited" });
    await expect(place.runtime.observeExit(container)).resolves.toMatchObject({ kind: "exited", exitCode: 137 });
    await place.runtime.delete(container, { isForced: true });
  });

  it("is found again after a restart", async () => {
    const { sandbox, member } = await pod();
    const container = await member(["/bin/sh", "-c", "echo on; sleep 1000"]);
    await waitFor("its line", async () => (await readLog(container.logPath)).length === 1);

    const later = await place.restart();
    const states = [await later.inspect(sandbox), await later.inspect(container)];
    await later.kill(container, sigkill);

    expect(states).toEqual(["running", "running"]);
    await expect(later.observeExit(container)).resolves.toMatchObject({ exitCode: 137 });
    await later.delete(container);
  });

  it("whose shim is killed is told as lost, and what it left is ended", async () => {
    const { sandbox, member } = await pod();
    const container = await member(["/bin/sh", "-c", "echo on; sleep 4711"]);

    process.kill(sandbox.monitor.pid, "SIGKILL");

    for (const lost of [container, sandbox]) {
      await expect(place.runtime.observeExit(lost)).resolves.toMatchObject({ told: { reason: "ShimLost" } });
    }
    await place.runtime.delete(container);
    await waitFor("its machine to end", async () => place.host.processes.identify(sandbox.init.pid) === undefined);
  });

  it("that cannot be made leaves no shim", async () => {
    const asked = await place.request(forever, { request: { logPath: undefined } });
    const { sandbox: config } = place.input(forever);
    const membership = {
      sandboxId: asked.id,
      sandboxBundle: asked.bundleDirectory,
      config,
      annotations: {},
      role: "sandbox",
    } as const;

    const creating = place.runtime.create({ ...asked, pod: membership }, { signal: AbortSignal.timeout(5) });

    await expect(creating).rejects.toMatchObject({ kind: "timed-out" });
    await expect(place.runtime.inspect(asked)).resolves.toBe("missing");
  });
});
