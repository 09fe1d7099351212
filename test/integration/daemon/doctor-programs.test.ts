import { rename, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../support/child.ts";
import { type Crispd, startCrispd } from "../../support/crispd.ts";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";
import { examine, matching } from "./doctor-acts.ts";

const owned = new AsyncDisposableStack();
let workspace: Workspace;
let crispd: Crispd;
let runtime: string;

beforeAll(async () => {
  workspace = owned.use(await openWorkspace());
  runtime = path.join(workspace.dir, "runc");
  await symlink((await run("which", ["runc"])).trim(), runtime);
  const config = `[runtimes.runc]\npath = "${runtime}"\n[runtimes.other]\npath = "/nowhere/runsc"\n`;
  crispd = owned.use(await startCrispd(workspace, { config }));
});
afterAll(() => owned.disposeAsync());

const otherMissing = [
  { severity: "warning", where: "/nowhere/runsc", what: "the program is not there", repair: "" },
  { severity: "warning", where: "handler other" },
];

test("a handler whose program is missing is a warning", async () => {
  const { findings, exitCode } = await examine(crispd);

  expect(findings).toMatchObject(otherMissing);
  expect(exitCode).toBe(20);
});

test("a missing default runtime is a problem, of the program and of the node", async () => {
  await rename(runtime, `${runtime}.away`);
  const { findings, exitCode } = await examine(crispd);
  await rename(`${runtime}.away`, runtime);

  expect(findings.filter(({ severity }) => severity === "problem")).toMatchObject([
    { where: runtime, what: "the program is not there" },
    { where: "runtime", what: matching(/^not ready: .*runc/) },
  ]);
  expect(exitCode).toBe(21);
  expect((await examine(crispd)).findings).toMatchObject(otherMissing);
});

test("a network plugin that is missing is named with the directories it was looked for in", async () => {
  const conflist = path.join(crispd.cni.confDir, "05-first.conflist");
  const plugins = [{ type: "no-such-plugin", ipam: { type: "no-such-ipam" } }];
  await writeFile(conflist, JSON.stringify({ cniVersion: "1.0.0", name: "first", plugins }));

  const { findings } = await examine(crispd);

  expect(findings.map(({ where }) => where)).toEqual(expect.arrayContaining(["no-such-plugin", "no-such-ipam"]));
});

test("without crispd the doctor tells what it can, and what it could not look at", async () => {
  await crispd.kill();

  const { checks, findings, exitCode } = await examine(crispd, "--config", crispd.configFile);

  expect(findings).toContainEqual(
    expect.objectContaining({ where: crispd.socketPath, what: matching(/^crispd does not run/) }),
  );
  expect(findings).toContainEqual(expect.objectContaining({ where: "/nowhere/runsc" }));
  expect(checks.find(({ name }) => name === "pods")?.unexamined).toBe("only crispd knows what is right here");
  expect(exitCode).toBe(21);
});

test("without crispd a configuration that it would not start with is the first that is told", async () => {
  await writeFile(crispd.configFile, "rooot = 1\n");

  const { checks } = await examine(crispd, "--config", crispd.configFile);

  expect(checks[0]).toMatchObject({ name: "configuration", findings: [{ severity: "problem" }] });
});
