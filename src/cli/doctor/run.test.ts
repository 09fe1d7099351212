import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Fault } from "#foundation";
import { ExamineResponseSchema, type FindingSchema } from "#proto/crisp/v1/admin_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

type FindingShape = MessageInitShape<typeof FindingSchema>;

const stray: FindingShape = {
  severity: "warning",
  where: "/run/crisp/st\u001bray",
  what: "something is mounted",
  why: "it keeps a disk busy",
  advice: "unmount it",
  repair: "unmount /run/crisp/stray",
};

interface Asked extends FakeRun {
  /** Whether crispd was asked to repair. */
  readonly repairs: readonly boolean[];
}

async function doctor(
  flags: readonly string[],
  findings: readonly FindingShape[],
  more: MessageInitShape<typeof ExamineResponseSchema> = {},
): Promise<Asked> {
  const repairs: boolean[] = [];
  const run = await runCrisp(["doctor", ...flags], {
    examine: async ({ repair = false }) => {
      repairs.push(repair);
      const checks = [
        { name: "programs", lookedAt: "runc, conmon" },
        { name: "leftovers", lookedAt: "2 mounts", findings: [...findings] },
      ];
      return create(ExamineResponseSchema, { checks, ...more });
    },
  });
  return { ...run, repairs };
}

test("doctor says that all is well, and what it has looked at", async () => {
  const { out, exitCode, repairs } = await doctor([], []);

  expect(out).toBe("ok       programs: runc, conmon\nok       leftovers: 2 mounts\n\nAll is well.\n");
  expect(exitCode).toBe(0);
  expect(repairs).toEqual([false]);
});

test("doctor tells what is wrong, why it matters and what can be done, and its exit code is that of the worst", async () => {
  const { out, exitCode } = await doctor([], [stray]);

  expect(out.split("\n").slice(1)).toEqual([
    "warning  leftovers: /run/crisp/st?ray: something is mounted",
    "         why it matters: it keeps a disk busy",
    "         what to do: unmount it",
    "         --repair can: unmount /run/crisp/stray",
    "",
    "0 problems, 1 warning.",
    "",
  ]);
  expect(exitCode).toBe(20);
  expect((await doctor([], [stray, { ...stray, severity: "problem" }])).exitCode).toBe(21);
});

test("doctor --repair asks for repairs, and tells what was mended and what was not", async () => {
  const { out, repairs } = await doctor(["--repair"], [{ ...stray, repairError: "it is busy" }], { mended: [stray] });

  expect(repairs).toEqual([true]);
  expect(out).toContain("         the repair failed: it is busy\n");
  expect(out).toContain("Mended:\n  /run/crisp/st?ray: something is mounted (unmount /run/crisp/stray)\n");
});

test("doctor --dry-run never asks for repairs, and says what they would do", async () => {
  const { out, repairs } = await doctor(["--repair", "--dry-run"], [stray]);

  expect(repairs).toEqual([false]);
  expect(out).toContain("         --repair would: unmount /run/crisp/stray\n");
});

test("what nobody could look at is not taken for well", async () => {
  const checks = [{ name: "logs", unexamined: "the disk gave no answer" }];

  const { out, exitCode } = await doctor([], [], { checks });

  expect(out).toContain("?        logs: nobody could look: the disk gave no answer");
  expect(out).toContain("0 problems, 0 warnings; 1 check could not be made.");
  expect(exitCode).toBe(20);
});

test("doctor -o json prints the answer as it came", async () => {
  const { out } = await doctor(["-o", "json"], [stray]);

  expect(JSON.parse(out)).toMatchObject({ checks: [{ name: "programs" }, { findings: [{ severity: "warning" }] }] });
});

test("a crispd that refuses is told as it is: only one that does not answer is done without", async () => {
  const { failure } = await runCrisp(["doctor"], {
    examine: () => Promise.reject(new Fault("unsupported", "unknown method")),
  });

  expect(failure).toMatchObject({ kind: "unsupported" });
});
