import { expect, test } from "vitest";
import { sandboxRecord } from "../../fixtures.ts";
import { type ObservedState, planLeftovers } from "./leftovers.ts";
import { steadyOf } from "./plan-fixture.ts";

const state = "/run/crisp";
const known = sandboxRecord();
const [own, stray] = [`${state}/sandboxes/${known.id}`, `${state}/containers/${"ab".repeat(32)}`];
const records = steadyOf({ sandboxes: [known] });

function observed(changes: Partial<ObservedState>): ObservedState {
  return { directory: state, directories: [own], mounts: [`${own}/shm`], inUse: new Set(), ...changes };
}

test("planLeftovers() finds nothing in what belongs to a pod", () => {
  expect(planLeftovers(records, observed({}))).toEqual([]);
});

test("the mounts of a pod that came after the directories were listed belong to it", () => {
  expect(planLeftovers(records, observed({ directories: [] }))).toEqual([]);
});

test("a directory that nobody knows goes with its mounts", () => {
  const findings = planLeftovers(records, observed({ directories: [own, stray], mounts: [`${stray}/rootfs`] }));

  expect(findings).toMatchObject([{ where: stray, mend: { do: "remove-directory", path: stray } }]);
});

test("a directory of a program that runs is only told of", () => {
  const inUse = new Set(["ab".repeat(32)]);

  const [finding] = planLeftovers(records, observed({ directories: [stray], mounts: [], inUse }));

  expect(finding).toMatchObject({ severity: "problem", where: stray });
  expect(finding?.mend).toBeUndefined();
});

test.each([`${state}/stray`, `${state}/sandboxes`, `${state}/sandboxes/${"cd".repeat(32)}/shm`])(
  "a mount on %s belongs to nobody",
  (target) => {
    expect(planLeftovers(records, observed({ mounts: [target] }))).toMatchObject([
      { severity: "warning", where: target, mend: { do: "unmount", target } },
    ]);
  },
);
