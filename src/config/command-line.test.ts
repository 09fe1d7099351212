import { describe, expect, it } from "vitest";
import { parseCommandLine } from "./command-line.ts";

describe("parseCommandLine()", () => {
  it("takes values after a space and after an equals sign, the last of a flag", () => {
    const { ask, configFile, flags } = parseCommandLine(["--root", "/a", "--config=/c=d", "--root=/b"]);

    expect(ask).toBe("serve");
    expect(configFile).toBe("/c=d");
    expect(flags.get("--root")).toBe("/b");
  });

  it.each([
    ["--help", "help"],
    ["-h", "help"],
    ["--version", "version"],
  ])("sees %s", (word, ask) => {
    expect(parseCommandLine([word]).ask).toBe(ask);
  });

  it.each([
    [["--rot", "/a"], "read flag --rot: unknown; the nearest known flag is --root"],
    [["--root"], "read flag --root: its value is missing"],
    [["serve"], "read flag serve: crispd takes flags only"],
  ])("refuses %j", (argv, message) => {
    expect(() => parseCommandLine(argv)).toThrow(expect.objectContaining({ kind: "invalid", message }));
  });
});
