import { expect, test } from "vitest";
import type { StoreAudit } from "#store";
import { createStoreCheck } from "./check.ts";
import { planStore } from "./plan.ts";

const whole: StoreAudit = {
  counts: { layers: 2, snapshots: 1, blobs: 3 },
  strays: [],
  missing: [],
  quarantined: [],
  setAside: [],
};

test("planStore() finds nothing where disk and records agree", () => {
  expect(planStore(whole)).toEqual([]);
});

test("planStore() tells each kind of disagreement, and only a stray can be removed", () => {
  const findings = planStore({
    ...whole,
    strays: ["/var/lib/crisp/layers/7"],
    missing: [{ kind: "layer", id: "sha256:1", path: "/var/lib/crisp/layers/1" }],
    quarantined: [{ table: "sandboxes", id: "p1", problem: "no status" }],
    setAside: ["/var/lib/crisp/crisp.db.damaged"],
  });

  expect(findings).toMatchObject([
    { severity: "warning", where: "/var/lib/crisp/layers/7", stray: "/var/lib/crisp/layers/7" },
    { severity: "problem", where: "/var/lib/crisp/layers/1", what: "layer sha256:1 is recorded and not on the disk" },
    { severity: "problem", where: "sandboxes p1" },
    { severity: "warning", where: "/var/lib/crisp/crisp.db.damaged" },
  ]);
  expect(findings.map(({ stray }) => stray !== undefined)).toEqual([true, false, false, false]);
});

test("the repair of a stray removes just that, as an act that the journal can tell", async () => {
  const removed: string[] = [];
  const acts: unknown[] = [];
  const check = createStoreCheck({
    store: {
      directory: "/var/lib/crisp",
      audit: async () => ({ ...whole, strays: ["/var/lib/crisp/layers/7"] }),
      removeStray: async (path) => void removed.push(path),
    },
    stages: {
      act: (name, { id }, work, detail) => {
        acts.push([name, id, detail]);
        return work();
      },
    },
  });
  const { signal } = new AbortController();

  const { at, findings } = await check.look(signal);
  await findings[0]?.repair?.run(signal);

  expect(at).toBe("2 layers, 1 snapshots, 3 blobs in /var/lib/crisp");
  expect(removed).toEqual(["/var/lib/crisp/layers/7"]);
  expect(acts).toEqual([["doctor", "node", "remove /var/lib/crisp/layers/7"]]);
});
