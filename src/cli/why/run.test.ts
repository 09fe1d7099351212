import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Fault, messageOf } from "#foundation";
import { type RecordedStepSchema, WhyResponseSchema } from "#proto/crisp/v1/admin_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

type StepShape = MessageInitShape<typeof RecordedStepSchema>;

const second = 1_000_000_000n;
const begin = 1_767_323_045n * second;

function step(sequence: bigint, parent: bigint, name: string, more: StepShape = {}): StepShape {
  const kind = parent === 0n ? "act" : "stage";
  return { sequence, parent, name, kind, outcome: "ok", durationMs: 12.5, startedAt: begin + sequence, ...more };
}

const failed: readonly StepShape[] = [
  step(1n, 0n, "run", { outcome: "failed", durationMs: 30_020, error: "attach network: plugin bridge: no address" }),
  step(2n, 1n, "make directory"),
  step(3n, 1n, "attach network", { outcome: "failed", error: "plugin bridge: no address" }),
  step(4n, 3n, "bridge", {
    kind: "command",
    command: { argv: ["/opt/cni/bin/bridge"], cniCommand: "ADD", exitCode: 1, stderr: "no\u001b[31m address\nat all" },
  }),
];

function why(steps: readonly StepShape[], phase = "stopping"): Promise<FakeRun> {
  const answer = create(WhyResponseSchema, {
    object: {
      kind: "sandbox",
      id: "p".repeat(64),
      name: "default/web",
      phase,
      problem: phase === "" ? "" : "detach network: busy",
      steps: [...steps],
      events: [{ sequence: 1n, at: begin + 60n * second, type: "created", objectId: "p".repeat(64) }],
    },
    others: [{ kind: "sandbox", id: "q".repeat(64), name: "default/web" }],
  });
  return runCrisp(["why", "web"], { why: async () => answer });
}

test("why tells first what failed, where, and what the program said, then what comes next", async () => {
  const { out } = await why(failed);

  expect(out.split("\n").slice(0, 9)).toEqual([
    "sandbox default/web (ppppppppppppp) is stopping: detach network: busy",
    "",
    "run > attach network > bridge ADD failed after 30.0 s, begun 2026-01-02 03:04:05.000.",
    "  It said: attach network: plugin bridge: no address",
    "  command: /opt/cni/bin/bridge (exit code 1)",
    "  stderr: no?[31m address",
    "          at all",
    "Next: crispd tries by itself to give back the rest, at first after a second and then up to five minutes apart, and at each stop, remove or start of crispd.",
    "",
  ]);
});

test("why tells everything in order, with events, and names earlier objects", async () => {
  const { out } = await why(failed);

  expect(out.slice(out.indexOf("What happened"))).toBe(
    [
      "What happened (UTC):",
      "  2026-01-02 03:04:05.000  run sandbox default/web FAILED after 30.0 s",
      "  2026-01-02 03:04:05.000    make directory after 12.5 ms",
      "  2026-01-02 03:04:05.000    attach network FAILED after 12.5 ms",
      "  2026-01-02 03:04:05.000      bridge ADD after 12.5 ms, exit code 1",
      "  2026-01-02 03:05:05.000  * sandbox default/web created",
      "",
      "Earlier of this name: qqqqqqqqqqqqq",
      "",
    ].join("\n"),
  );
});

test("what failed and was done again with success since is not told as trouble", async () => {
  const { out } = await why([...failed, step(9n, 0n, "run")], "");

  expect(out).toContain("No step failed, or what failed was done again with success.\nNext: nothing: it is gone");
});

test("a step that hangs is told with those it hangs in", async () => {
  const open = { outcome: "running" };
  const { durationMs: _, ...hung } = step(1n, 0n, "run", open);
  const { out } = await why([hung, step(2n, 1n, "make directory"), step(3n, 1n, "attach network", open)]);

  expect(out).toContain("run > attach network has not ended yet, begun 2026");
});

test("when crispd does not run, why says that nothing is lost", async () => {
  const down = (): Promise<never> => Promise.reject(new Fault("unavailable", "connect: no such file"));

  const { failure } = await runCrisp(["why", "web"], { why: down });

  expect(messageOf(failure)).toBe(
    "connect: no such file; the journal is kept, and tells of before and after once crispd runs",
  );
});
