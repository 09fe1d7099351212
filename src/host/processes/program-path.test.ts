import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProgramPath } from "./program-path.ts";

describe("ProgramPath", () => {
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "crisp-path-"));
    await mkdir(join(directory, "a/folder"), { recursive: true });
    await mkdir(join(directory, "b"));
    for (const name of ["a/plain", "b/plain", "b/tool", "b/folder"]) {
      await writeFile(join(directory, name), "");
      await chmod(join(directory, name), name === "a/plain" ? 0o644 : 0o755);
    }
    path = `${directory}/a:relative::${directory}/b`;
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it.each(["tool", "plain", "folder"])("finds %s in the first directory where it can be executed", (name) => {
    expect(new ProgramPath(path).resolve(name)).toBe(join(directory, "b", name));
  });

  it("takes an absolute path as it is", () => {
    expect(new ProgramPath("").resolve("/missing/tool")).toBe("/missing/tool");
  });

  it.each(["missing", "", "b/tool", "../b/tool"])("refuses %j", (name) => {
    expect(() => new ProgramPath(path).resolve(name)).toThrow("the program does not exist");
  });

  it("looks up each name once, until it is told to forget", async () => {
    const programs = new ProgramPath(path);
    const before = programs.resolve("tool");
    await rename(join(directory, "b/tool"), join(directory, "a/tool"));

    const remembered = programs.resolve("tool");
    programs.forget("tool");

    expect(remembered).toBe(before);
    expect(programs.resolve("tool")).toBe(join(directory, "a/tool"));
  });
});
