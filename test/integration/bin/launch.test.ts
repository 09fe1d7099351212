import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

interface Outcome {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

const bin = path.resolve(import.meta.dirname, "../../../bin");
let project = "";

function launch(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { env: { PATH: process.env["PATH"], ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

async function writeProgram(file: string, says: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `console.log(${JSON.stringify(says)}, ...process.argv.slice(2));\n`);
}

async function writeFakeNode(directory: string, script: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, "node"), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(directory, "node"), 0o755);
}

beforeEach(async () => {
  project = await mkdtemp(path.join(tmpdir(), "crisp-launch-"));
  await cp(bin, path.join(project, "bin"), { recursive: true });
  await mkdir(path.join(project, "node_modules/.bin"), { recursive: true });
  await symlink(process.execPath, path.join(project, "node_modules/.bin/node"));
  await writeFile(path.join(project, "package.json"), '{ "type": "module" }');
  await writeProgram(path.join(project, "src/daemon/main.ts"), "source");
});

afterEach(async () => {
  await rm(project, { recursive: true });
});

describe("bin/crispd", () => {
  it("runs the source with its arguments, each as it was given", async () => {
    const outcome = await launch(path.join(project, "bin/crispd"), ["--root", "a b", "*"]);

    expect(outcome).toEqual({ code: 0, stdout: "source --root a b *\n", stderr: "" });
  });

  it("finds the project through links", async () => {
    await mkdir(path.join(project, "links"));
    await symlink("../bin/crispd", path.join(project, "links/inner"));
    await symlink(path.join(project, "links/inner"), path.join(project, "links/outer"));

    const outcome = await launch(path.join(project, "links/outer"), []);

    expect(outcome.stdout).toBe("source\n");
  });

  it("runs a bundle that is newer than the sources", async () => {
    await writeProgram(path.join(project, "dist/crispd.js"), "bundle");
    const later = new Date(Date.now() + 60_000);
    await utimes(path.join(project, "dist/crispd.js"), later, later);

    const outcome = await launch(path.join(project, "bin/crispd"), []);

    expect(outcome.stdout).toBe("bundle\n");
  });

  it("leaves a bundle alone that is older than the sources", async () => {
    await writeProgram(path.join(project, "dist/crispd.js"), "bundle");
    await utimes(path.join(project, "dist/crispd.js"), 1, 1);

    const outcome = await launch(path.join(project, "bin/crispd"), []);

    expect(outcome.stdout).toBe("source\n");
  });

  it("runs on the machine's Node when the project has none", async () => {
    await rm(path.join(project, "node_modules"), { recursive: true });

    const outcome = await launch(path.join(project, "bin/crispd"), ["-x"]);

    expect(outcome.stdout).toBe("source -x\n");
  });

  it("says in one line that the machine's Node is too old", async () => {
    await rm(path.join(project, "node_modules"), { recursive: true });
    const old = path.join(project, "old");
    await writeFakeNode(old, "echo 20");

    const outcome = await launch(path.join(project, "bin/crispd"), [], { PATH: `${old}:/usr/bin:/bin` });

    expect(outcome).toEqual({
      code: 1,
      stdout: "",
      stderr: `crispd: needs Node.js 24 and ${old}/node is 20: run 'npm install' in ${project}\n`,
    });
  });
});
