import { expect, test } from "vitest";
import { failureOf, planCases, planUndoCases, sampleCases } from "./cases.ts";
import type { NamedStep } from "./steps.ts";

const step = (name: string, nth = 1): NamedStep => ({ act: "sandbox run", step: name, nth });
const steps = [step("act run"), step("stage attach network"), step("command bridge")];

test("planCases() lets crispd die before and after each step", () => {
  const names = planCases("run", steps).map(({ name }) => name);

  for (const each of ["act run", "stage attach network", "command bridge"])
    expect(names).toEqual(expect.arrayContaining([`kill before ${each}`, `kill after ${each}`]));
});

test("planCases() lets each command, and nothing else, fail, fail after its work, and hang", () => {
  const names = planCases("run", steps).map(({ name }) => name);

  expect(names.filter((name) => /^(fail|hang)/.test(name))).toEqual([
    "fail command bridge",
    "fail-late command bridge",
    "hang command bridge",
  ]);
});

test("planCases() holds crispd at each step for what is done from outside", () => {
  const held = planCases("run", steps).filter(({ interruption }) => interruption !== undefined);

  expect(held).toHaveLength(9);
  expect(held.every(({ plan }) => plan.length === 1 && plan[0]?.do === "pause")).toBe(true);
});

test("planUndoCases() fails the act first, and then each step of taking it back", () => {
  const cases = planUndoCases("run", failureOf(step("command bridge")), [step("command bridge", 2)]);

  expect(cases.map(({ plan }) => plan.map((fault) => `${fault.do} ${fault.when} ${fault.nth}`))).toEqual([
    ["fail before 1", "fail before 2"],
    ["fail before 1", "kill before 2"],
    ["fail before 1", "kill after 2"],
  ]);
});

test("sampleCases() takes a death of each scenario, and one thing else", () => {
  const sample = sampleCases([...planCases("run", steps), ...planCases("stop", steps)]);

  expect(sample.map(({ scenario, name }) => `${scenario} ${name.split(" ")[0]}`)).toEqual([
    "run kill",
    "run fail",
    "stop kill",
    "stop fail-late",
  ]);
});
