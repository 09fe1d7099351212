import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "#foundation";
import { FakeHost } from "#host";
import { encodeProcessIdentity } from "#spec";
import type { CheckpointRequest, ContainerHandle, OciRuntime } from "../types.ts";
import { createConmonRuntime } from "./conmon-runtime.ts";

let host: FakeHost;
let runtime: OciRuntime;
let container: ContainerHandle;
/** What the runtime was asked for, oldest first. */
let calls: string[];
/** What the runtime thinks of the container. */
let status: string;
/** Commands of the runtime that fail, and their words. */
let failing: Record<string, string>;
/** Questions to which the runtime has an answer. */
let knows: string[];
let hasCriu: boolean;
let request: CheckpointRequest;

beforeEach(async () => {
  host = new FakeHost();
  [calls, status, failing, knows, hasCriu] = [[], "running", {}, ["checkpoint --help"], true];
  host.processes.script(({ program }) => (program === "criu" && hasCriu ? {} : undefined));
  host.processes.script(({ program, args }) => {
    if (program !== "/bin/runc") return undefined;
    if (args.length === 0) return ({ ended }) => ended;
    const isQuestion = args.includes("--help") || args[0] === "help";
    if (isQuestion) return { exitCode: knows.includes(args.join(" ")) ? 0 : 1, stdout: "--internal-pid-file" };
    return answer(args.slice(4));
  });
  runtime = createConmonRuntime(
    { handler: "runc", runtimePath: "/bin/runc", runtimeRoot: "/run/runc" },
    { host, logger: silentLogger },
  );
  await host.files.makeDirectory("/run/runc/c1");
  await host.files.makeDirectory("/work");
  await host.files.makeDirectory("/b");
  const { pid } = host.processes.start({ program: "init", args: [] });
  const init = host.processes.identify(pid) ?? { pid, startTicks: 0n };
  container = { id: "c1", bundleDirectory: "/b", init, monitor: init, cgroupPath: "/c1" };
  const whileStill = async (): Promise<void> => void calls.push(`while it is ${status}`);
  request = { imageDirectory: "/images", workDirectory: "/work", whileStill };
});

function answer(args: readonly string[]) {
  const [command = ""] = args;
  calls.push(args.join(" "));
  const words = failing[command];
  if (words !== undefined) return { exitCode: 1, stderr: JSON.stringify({ level: "error", msg: words }) };
  if (command === "pause") status = "paused";
  if (command === "resume") status = "running";
  return { exitCode: 0, stdout: JSON.stringify({ id: "c1", status }) };
}

describe("checkpoint()", () => {
  it("has the images written while the container stands still, and lets it run on", async () => {
    await runtime.checkpoint(container, request);

    expect(calls).toEqual([
      "pause c1",
      "checkpoint --image-path /images --work-path /work --leave-running --file-locks c1",
      "while it is paused",
      "state c1",
      "resume c1",
    ]);
  });

  it("tells what CRIU found wrong, not where its log is, and lets the container run on", async () => {
    failing = { checkpoint: "criu failed: type NOTIFY errno 0\nlog file: /work/dump.log" };
    await host.files.write("/work/dump.log", "(00.1) Error (criu/tty.c:1): tty: no peer\n");

    await expect(runtime.checkpoint(container, request)).rejects.toMatchObject({
      kind: "broken",
      message: "checkpoint c1: criu failed: type NOTIFY errno 0; tty: no peer",
      reason: { code: "runtime.checkpoint-failed" },
    });

    expect([status, calls.at(-1)]).toEqual(["running", "resume c1"]);
  });

  it("lets the container run on when what belongs to the moment fails", async () => {
    const whileStill = () => Promise.reject(new Error("no space left"));

    await expect(runtime.checkpoint(container, { ...request, whileStill })).rejects.toThrow("no space left");

    expect([status, calls.at(-1)]).toEqual(["running", "resume c1"]);
  });

  it("tells the first failure when the container cannot be sent on either", async () => {
    failing = { checkpoint: "criu failed", resume: "no" };

    await expect(runtime.checkpoint(container, request)).rejects.toThrow("checkpoint c1: criu failed");
  });

  it.each([
    ["without CRIU", "unavailable", "the runtime needs criu for it", () => (hasCriu = false)],
    ["by a runtime that was built without", "unsupported", "runc was built without it", () => (knows = [])],
    ["by one with a kernel of its own", "unsupported", "none that a container outlives", () => (knows = ["help exec"])],
  ])("is refused %s before anything stands still", async (_, kind, message, prepare) => {
    prepare();

    await expect(runtime.checkpoint(container, request)).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(message) as string,
    });

    expect(calls).toEqual([]);
  });
});

describe("resume()", () => {
  it.each([
    ["running", ["state c1"]],
    ["stopped", ["state c1"]],
    ["paused", ["state c1", "resume c1"]],
  ])("does for one that is %s what is to be done", async (found, expected) => {
    status = found;

    await runtime.resume(container);

    expect(calls).toEqual(expected);
  });

  it("waits for a runtime that writes a checkpoint for an earlier daemon, which freezes again what it found frozen", async () => {
    const earlier = host.processes.start({ program: "/bin/runc", args: [] });
    const { startTicks = 0n } = host.processes.identify(earlier.pid) ?? {};
    await host.files.write("/b/checkpoint.json", encodeProcessIdentity({ pid: earlier.pid, startTicks }));
    status = "paused";

    const resuming = runtime.resume(container);
    await setImmediate();
    const before = [...calls];
    host.processes.signal(earlier.pid, 9);
    await resuming;

    expect([before, calls]).toEqual([[], ["state c1", "resume c1"]]);
    expect(await host.files.list("/b")).toEqual([]);
  });

  it("says why one that stands still cannot be sent on", async () => {
    status = "paused";
    failing = { resume: "freezer is stuck" };

    await expect(runtime.resume(container)).rejects.toThrow("resume c1: freezer is stuck");
  });
});
