import { describe, expect, it } from "vitest";
import { exampleInput } from "../fake/example-input.ts";
import { chooseArguments, chooseWorkingDirectory } from "./process.ts";

const { container, image } = exampleInput();
const built = { ...image, entrypoint: ["/entry"], cmd: ["default"] };

describe("chooseArguments()", () => {
  it.each([
    [[], [], ["/entry", "default"]],
    [[], ["own"], ["/entry", "own"]],
    [["/run"], [], ["/run"]],
    [["/run"], ["own"], ["/run", "own"]],
  ])("command %j and arguments %j run %j", (command, args, wanted) => {
    expect(chooseArguments({ ...container, command, args }, built)).toEqual(wanted);
  });

  it("refuses a container with nothing to run", () => {
    expect(() => chooseArguments({ ...container, command: [] }, image)).toThrowError(
      expect.objectContaining({ kind: "invalid", reason: { code: "runtime.no-command" } }),
    );
  });
});

describe("chooseWorkingDirectory()", () => {
  it.each([
    ["", "", "/"],
    ["", "/app", "/app"],
    ["", "app", "/app"],
    ["/own", "/app", "/own"],
  ])("request %j and image %j give %j", (workingDirectory, ofImage, wanted) => {
    const chosen = chooseWorkingDirectory({ ...container, workingDirectory }, { ...image, workingDirectory: ofImage });

    expect(chosen).toBe(wanted);
  });
});
