import { describe, expect, it } from "vitest";
import { decodeShimBootstrap, findShimVersion } from "./bootstrap.ts";
import { decodeEndState, decodeKeeperState, decodeShimState, encodeShimState } from "./state.ts";

describe("decodeShimBootstrap()", () => {
  it("takes the line of version 2", () => {
    expect(decodeShimBootstrap("unix:///run/containerd/s/ab12\n")).toEqual({
      socketPath: "/run/containerd/s/ab12",
      protocol: "ttrpc",
      version: 2,
    });
  });

  it("takes the object of version 3", () => {
    const text = JSON.stringify({ version: 3, address: "unix:///run/x.sock", protocol: "grpc", capabilities: [] });

    expect(decodeShimBootstrap(text)).toEqual({ socketPath: "/run/x.sock", protocol: "grpc", version: 3 });
  });

  it.each([
    ["", '"" is no address of a unix socket'],
    ["vsock://3:1024", "is no address of a unix socket"],
    ["unix:///a\nunix:///b", "is no address of a unix socket"],
    ['{"version":4,"address":"/x","protocol":"ttrpc"}', "version 4 is neither 2 nor 3"],
    ['{"version":3,"address":"/x","protocol":"carrier pigeon"}', "is neither ttrpc nor grpc"],
    ['{"version":3,"protocol":"ttrpc"}', "it has no address"],
    ['{"version":3,', "not JSON"],
    ["/".repeat(5_000), "longer than 4096 characters"],
  ])("refuses %j", (text, problem) => {
    expect(() => decodeShimBootstrap(text)).toThrow(problem);
  });
});

describe("findShimVersion()", () => {
  it.each([
    ["containerd-shim-runc-v2:\n  Version:  1.6.20~ds1\n  Revision: 1.6.20\n", "1.6.20~ds1"],
    ["containerd-shim-kata-v2:\n  Version:  3.2.0\n", "3.2.0"],
    ["containerd-shim-wasmtime-v1:\n  Version: v0.6.0\n", "0.6.0"],
    ["no idea", undefined],
  ])("finds the version in %j", (text, version) => {
    expect(findShimVersion(text)).toBe(version);
  });
});

describe("states", () => {
  const process = { pid: 7, startTicks: 12345678901234567890n };

  it("come back as they were written", () => {
    const shim = { socketPath: "/s", protocol: "ttrpc", version: 2, process, kind: "task", isOwner: true } as const;
    const keeper = { monitor: process, holder: { ...process, pid: 8 }, isStdinOnce: false };
    const end = { exitCode: 3, finishedAtNanos: 1_700_000_000_123_456_789n, wasOomKilled: true };

    expect(decodeShimState(encodeShimState(shim))).toEqual(shim);
    expect(decodeKeeperState(encodeShimState(keeper))).toEqual(keeper);
    expect(decodeEndState(encodeShimState(end))).toEqual(end);
    expect(decodeEndState(encodeShimState({ ...end, lost: "gone" }))).toEqual({ ...end, lost: "gone" });
    expect(decodeEndState(encodeShimState({ ...end, isKept: true }))).toEqual({ ...end, isKept: true });
    expect(decodeEndState(encodeShimState({ ...end, lostLogBytes: 7 }))).toEqual({ ...end, lostLogBytes: 7 });
  });

  it.each(["", "[]", "null", "{}", '{"process":{"pid":0,"startTicks":"1"}}'])("are not read out of %j", (text) => {
    expect([decodeShimState(text), decodeKeeperState(text), decodeEndState(text)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
