import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { runtimeContract } from "../../../test/contracts/runtime-contract.ts";
import type { CreateRequest } from "../types.ts";
import { FakeRuntime } from "./fake-runtime.ts";

runtimeContract("FakeRuntime", async () => {
  let count = 0;
  return {
    runtime: new FakeRuntime(),
    request: async (args) => requestOf(`c${(count += 1)}`, args),
    dispose: async () => undefined,
  };
});

describe("FakeRuntime", () => {
  it("exit() ends a container as its tester says", async () => {
    const runtime = new FakeRuntime();
    const container = await runtime.create(requestOf("a", ["/bin/sleep", "9"]));
    await runtime.start(container);

    runtime.exit("a", 9, { wasOomKilled: true });

    await expect(runtime.observeExit(container)).resolves.toMatchObject({ exitCode: 9, wasOomKilled: true });
  });

  it("failNext() makes one act fail, and the one after it work", async () => {
    const runtime = new FakeRuntime();
    runtime.failNext("create", new Fault("unavailable", "no"));

    await expect(runtime.create(requestOf("a", ["/bin/true"]))).rejects.toMatchObject({ kind: "unavailable" });
    await expect(runtime.create(requestOf("a", ["/bin/true"]))).resolves.toMatchObject({ id: "a" });
  });

  it("loseMonitor() tells that the container runs on unwatched", async () => {
    const runtime = new FakeRuntime();
    const container = await runtime.create(requestOf("a", ["/bin/sleep", "9"]));
    await runtime.start(container);

    runtime.loseMonitor("a");

    await expect(runtime.observeExit(container)).resolves.toEqual({ kind: "monitor-lost", isRunning: true });
  });
});

function requestOf(id: string, args: readonly string[]): CreateRequest {
  return {
    id,
    bundleDirectory: `/run/${id}`,
    logPath: `/log/${id}`,
    hasStdin: false,
    isStdinOnce: false,
    spec: {
      ociVersion: "1.0.2",
      process: { terminal: false, user: { uid: 0, gid: 0 }, args, env: [], cwd: "/", noNewPrivileges: false },
      root: { path: "/rootfs", readonly: false },
      mounts: [],
      linux: { namespaces: [], cgroupsPath: `/${id}` },
    },
  };
}
