import { expect, test } from "vitest";
import { examine } from "./examine.ts";
import type { DoctorCheck, Finding } from "./types.ts";

const { signal } = new AbortController();

const stray: Finding = {
  severity: "problem",
  where: "/run/crisp/stray",
  what: "mount without a pod",
  why: "it holds a disk",
  advice: "unmount it",
};

/** A node on which one thing is broken. */
function brokenNode(repair: () => Promise<void>) {
  const broken = new Set(["stray"]);
  const check: DoctorCheck = {
    name: "mounts",
    look: async () => ({
      at: "1 mount",
      findings: [...broken].map(() => ({ ...stray, repair: { does: "unmount it", run: repair } })),
    }),
  };
  return { broken, check };
}

test("examine() tells what each check has found, and repairs nothing unless it is told to", async () => {
  let repairs = 0;
  const { check } = brokenNode(async () => void (repairs += 1));

  const report = await examine([check], { repairs: false, signal });

  expect(report).toMatchObject({ checks: [{ name: "mounts", at: "1 mount", findings: [stray] }], mended: [] });
  expect(repairs).toBe(0);
});

test("examine() looks again after its repairs, and tells what they have mended", async () => {
  const { broken, check } = brokenNode(async () => broken.clear());

  const report = await examine([check], { repairs: true, signal });

  expect(report).toMatchObject({ checks: [{ name: "mounts", findings: [] }], mended: [stray] });
});

test("a repair that fails is told with its finding, and keeps no other from being mended", async () => {
  const { check: hopeless } = brokenNode(() => Promise.reject(new Error("it is busy")));
  const { broken, check } = brokenNode(async () => broken.clear());
  const elsewhere: DoctorCheck = {
    name: "files",
    look: async (limit) => {
      const { at, findings } = await check.look(limit);
      return { at, findings: findings.map((finding) => ({ ...finding, where: "/elsewhere" })) };
    },
  };

  const report = await examine([hopeless, elsewhere], { repairs: true, signal });

  expect(report.checks).toMatchObject([{ findings: [{ ...stray, repairError: "it is busy" }] }, { findings: [] }]);
  expect(report.mended).toMatchObject([{ where: "/elsewhere" }]);
});

test("a repair that changed nothing has mended nothing", async () => {
  const { check } = brokenNode(() => Promise.resolve());

  const report = await examine([check], { repairs: true, signal });

  expect(report.mended).toEqual([]);
  expect(report.checks).toMatchObject([{ findings: [stray] }]);
});

test("a check that fails says that nobody could look, and the others go on", async () => {
  const { check } = brokenNode(() => Promise.resolve());
  const blind: DoctorCheck = { name: "network", look: () => Promise.reject(new Error("nft: denied")) };

  const report = await examine([blind, check], { repairs: false, signal });

  expect(report.checks).toMatchObject([{ name: "network", unexamined: "nft: denied" }, { findings: [stray] }]);
});

test("examine() ends with its caller, also while a check hangs", async () => {
  const caller = new AbortController();
  const hung: DoctorCheck = { name: "logs", look: () => new Promise(() => undefined) };
  const examined = examine([hung], { repairs: false, signal: caller.signal });

  caller.abort(new Error("gone"));

  await expect(examined).rejects.toThrow("gone");
});
