import { beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "#foundation";
import { FakeHost } from "#host";
import type { OciRuntime } from "../types.ts";
import { createConmonRuntime } from "./conmon-runtime.ts";
import { exampleOptions } from "./fixtures.ts";

let host: FakeHost;
let runtime: OciRuntime;

beforeEach(() => {
  host = new FakeHost();
  runtime = createConmonRuntime(exampleOptions, { host, logger: silentLogger });
});

describe("probe()", () => {
  it("names the program that does not run", async () => {
    host.processes.script(({ program }) =>
      program === "/bin/conmon" ? { exitCode: 127, stderr: "missing library\n" } : { stdout: "runc version 1.1.5\n" },
    );

    await expect(runtime.probe()).rejects.toMatchObject({
      kind: "unavailable",
      message: "run /bin/conmon: exit code 127: missing library",
    });
  });

  it("works with a runtime that cannot tell its features", async () => {
    host.processes.script(({ program, args }) => {
      if (args[0] === "features") return { exitCode: 1 };
      return { stdout: program === "/bin/conmon" ? "conmon version 2.1.6\ncommit: x\n" : "crun version 1.8.1\n" };
    });

    await expect(runtime.probe()).resolves.toMatchObject({
      name: "crun",
      version: "1.8.1",
      monitorVersion: "2.1.6",
      hasRecursiveReadonlyMounts: false,
      hasUserNamespaces: true,
    });
  });

  it("tells the capabilities that the runtime names, and of gVisor's those that its kernel has", async () => {
    let name = "runc";
    host.processes.script(({ args }) => {
      if (args[0] !== "features") return { stdout: `${name} version 1.0\n` };
      return name === "runc" ? { stdout: '{"linux":{"capabilities":["CAP_CHOWN"]}}' } : { exitCode: 1 };
    });

    const told = await runtime.probe();
    name = "runsc";
    const known = await runtime.probe();
    name = "crun";
    const untold = await runtime.probe();

    expect(told.knownCapabilities).toEqual(new Set(["CAP_CHOWN"]));
    expect(known.knownCapabilities?.has("CAP_AUDIT_READ")).toBe(true);
    expect(known.knownCapabilities?.has("CAP_PERFMON")).toBe(false);
    expect(untold.knownCapabilities).toBeUndefined();
  });
});
