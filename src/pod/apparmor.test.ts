import { beforeEach, expect, test } from "vitest";
import { FakeHost, type FakeOutcome } from "#host";
import { ensureApparmor, loadDefaultApparmor } from "./apparmor.ts";

const list = "/sys/kernel/security/apparmor/profiles";
let host: FakeHost;
let loaded: string[];
let outcome: FakeOutcome | undefined;

beforeEach(async () => {
  host = new FakeHost();
  loaded = [];
  outcome = {};
  host.processes.script(({ program, args }) => {
    const result = outcome;
    if (program !== "apparmor_parser" || result === undefined) return undefined;
    return async (process) => {
      loaded.push(`${args.join(" ")} < ${(await process.readAll(0)).toString()}`);
      return result;
    };
  });
  await host.files.makeDirectory("/sys/kernel/security/apparmor");
  await host.files.write(list, "tight (enforce)\nname of /usr/bin/man (complain)\n");
});

test("loadDefaultApparmor() gives the kernel a profile of the name that it returns", async () => {
  const name = await loadDefaultApparmor(host);

  expect(loaded).toEqual([expect.stringContaining(`--replace --skip-cache < profile ${name} flags=`)]);
});

test("loadDefaultApparmor() tells a machine without the program from a program that fails", async () => {
  outcome = { exitCode: 1, stderr: "syntax error\n" };
  await expect(loadDefaultApparmor(host)).rejects.toMatchObject({
    kind: "broken",
    message: "load AppArmor profile crisp-default: syntax error",
  });
  outcome = undefined;

  await expect(loadDefaultApparmor(host)).rejects.toMatchObject({
    kind: "unavailable",
    message: "load AppArmor profile crisp-default: apparmor_parser is not on this node",
  });
});

test("ensureApparmor() loads nothing that is there, or that nobody wants", async () => {
  for (const profile of [undefined, "unconfined", "tight", "name of /usr/bin/man"]) await ensureApparmor(host, profile);

  expect(loaded).toEqual([]);
});

test("ensureApparmor() loads the default profile when it has been taken away", async () => {
  await ensureApparmor(host, "crisp-default");

  expect(loaded).toHaveLength(1);
});

test("ensureApparmor() refuses a profile that the operator has not loaded, by the field", async () => {
  await expect(ensureApparmor(host, "tigh")).rejects.toMatchObject({
    kind: "invalid",
    message: "linux.security_context.apparmor: the profile tigh is not loaded on this node",
  });
});
