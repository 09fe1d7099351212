import { describe, expect, it } from "vitest";
import { exampleInput } from "../fake/example-input.ts";
import { buildContainerSpec } from "../spec/build-container-spec.ts";
import type { CreateRequest } from "../types.ts";
import { exampleOptions } from "./fixtures.ts";
import { monitorArguments } from "./monitor-arguments.ts";
import { type ConmonContext, type ConmonRuntimeOptions, normalizeOptions } from "./options.ts";

const program = "/proc/1/fd/9";

function context(options: Partial<ConmonRuntimeOptions> = {}): Pick<ConmonContext, "settings"> {
  const settings = normalizeOptions({ ...exampleOptions, ...options });
  return { settings };
}

function request(changes: Partial<CreateRequest> = {}, hasTty = false): CreateRequest {
  const { spec } = buildContainerSpec(exampleInput({ container: { hasTty } }));
  return {
    id: "c1",
    bundleDirectory: "/b",
    logPath: "/log/0.log",
    hasStdin: false,
    isStdinOnce: false,
    spec,
    ...changes,
  };
}

describe("monitorArguments()", () => {
  it("hands the runtime its directory, and conmon the log", () => {
    const args = monitorArguments(context(), request(), program);

    expect(args).toContain("--log-path=k8s-file:/proc/self/fd/1");
    expect(args).toContain(`--runtime=${program}`);
    expect(args.filter((arg) => arg.startsWith("--runtime-arg="))).toEqual([
      "--runtime-arg=--root",
      "--runtime-arg=/run/runc",
      "--runtime-arg=--log-format",
      "--runtime-arg=json",
    ]);
    for (const absent of ["--terminal", "--stdin", "--leave-stdin-open", "--systemd-cgroup"]) {
      expect(args).not.toContain(absent);
    }
  });

  it("keeps no log when none is wanted", () => {
    expect(monitorArguments(context(), request({ logPath: undefined }), program)).toContain("--log-path=none");
  });

  it("keeps standard input open between clients, unless only one is to have it", () => {
    expect(monitorArguments(context(), request({ hasStdin: true }), program)).toEqual(
      expect.arrayContaining(["--stdin", "--leave-stdin-open"]),
    );
    expect(monitorArguments(context(), request({ hasStdin: true, isStdinOnce: true }), program)).not.toContain(
      "--leave-stdin-open",
    );
  });

  it("asks for a terminal, and for systemd's cgroups", () => {
    expect(monitorArguments(context({ cgroupDriver: "systemd" }), request({}, true), program)).toEqual(
      expect.arrayContaining(["--terminal", "--systemd-cgroup"]),
    );
  });
});
