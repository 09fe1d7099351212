import { expect, test } from "vitest";
import { parseFaultOptions } from "./options.ts";
import { chooseScenarios } from "./scenarios.ts";

test("parseFaultOptions() takes the flags in any order, --faults among them", () => {
  expect(parseFaultOptions(["-o", "json", "--faults", "--list", "--only", "pull-image", "--jobs", "3"])).toEqual({
    only: "pull-image",
    isQuick: false,
    isList: true,
    output: "json",
    jobs: 3,
  });
  expect(parseFaultOptions(["--faults", "--help"])).toBe("help");
});

test.each([
  [["-o", "yaml"], "-o yaml: it can be table or json"],
  [["--jobs", "0"], "--jobs 0: a whole number from 1 is needed"],
  [["--fast"], "Unknown option '--fast'"],
])("parseFaultOptions() refuses %j with a sentence", (args, problem) => {
  expect(() => parseFaultOptions(args)).toThrow(problem);
});

test("chooseScenarios() takes those that the text names, and all when it names none", () => {
  expect(chooseScenarios("stop-container: kill").map(({ name }) => name)).toEqual(["stop-container"]);
  expect(chooseScenarios("kill before").length).toBe(chooseScenarios().length);
});
