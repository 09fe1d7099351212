import { expect, test } from "vitest";
import { readFaultPlan } from "./fault-plan.ts";

const read = (value: unknown, root = "/tmp/root") => readFaultPlan({ CRISP_FAULT: JSON.stringify(value) }, root);

test("readFaultPlan() finds none where none is", () => {
  expect(readFaultPlan({}, "/var/lib/crisp")).toBeUndefined();
  expect(readFaultPlan({ CRISP_FAULT: "" }, "/var/lib/crisp")).toBeUndefined();
});

test("readFaultPlan() fills in the first step of a name, and the moment before it", () => {
  expect(read([{ do: "kill", act: "sandbox run", step: "stage attach network" }])).toEqual([
    { do: "kill", when: "before", act: "sandbox run", step: "stage attach network", nth: 1 },
  ]);
});

test("readFaultPlan() takes an empty plan for one", () => {
  expect(read([])).toEqual([]);
});

test.each([
  [{ do: "explode", act: "sandbox run", step: "act run" }, "do"],
  [{ do: "kill", act: "sandbox run" }, "step"],
  [{ do: "kill", act: "sandbox run", step: "act run", nht: 2 }, "nht"],
  [{ do: "kill", act: "sandbox run", step: "act run", nth: 0 }, "nth"],
])("readFaultPlan() refuses %j", (fault, problem) => {
  expect(() => read([fault])).toThrow(problem);
});

test("readFaultPlan() refuses what is no JSON", () => {
  expect(() => readFaultPlan({ CRISP_FAULT: "kill" }, "/tmp/root")).toThrow("CRISP_FAULT: not JSON");
});

test("readFaultPlan() refuses any plan on the root that nodes use", () => {
  expect(() => read([], "/var/lib/crisp")).toThrow("refused with the root /var/lib/crisp");
});
