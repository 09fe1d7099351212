import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SecurityProfile_ProfileType as ProfileType } from "#proto/cri/v1/runtime_pb.js";
import { run } from "../../support/child.ts";
import { refusalOf } from "../../support/refusal.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { execSync, idle, runPod, startShell } from "./pod-acts.ts";

const hasApparmor = existsSync("/sys/kernel/security/apparmor");
describe.runIf(hasApparmor)("on a machine with AppArmor", () => {
  const daemon = useDaemon();
  const tight = `crisp-test-${process.pid}`;
  let profileFile = "";

  /** A profile of an operator's, which allows all but one file. */
  beforeAll(async () => {
    profileFile = path.join(daemon().workspace.dir, "profile");
    await writeFile(profileFile, `profile ${tight} { file, signal, capability, network, deny /etc/shadow rw, }\n`);
    await run("apparmor_parser", ["--replace", "--skip-cache", profileFile]);
  });
  afterAll(async () => {
    await run("apparmor_parser", ["--remove", profileFile]);
  });

  interface Asked {
    readonly profile?: { readonly profileType: ProfileType; readonly localhostRef?: string };
    readonly isPrivileged?: boolean;
  }

  /** Starts a container under a profile and returns its id. */
  async function startUnder({ profile, isPrivileged = false }: Asked): Promise<string> {
    const pod = await runPod(daemon(), { isPrivileged });
    return await startShell(daemon(), pod, idle, {
      isPrivileged,
      ...(profile === undefined ? {} : { apparmor: profile }),
    });
  }

  /** Profiles of the container's first process and of a command in it. */
  async function profilesInside(containerId: string): Promise<readonly string[]> {
    const command = ["cat", "/proc/1/attr/current", "/proc/self/attr/current"];
    const { stdout } = await execSync(daemon().client, containerId, command);
    return stdout.trim().split("\n");
  }

  test.each<readonly [string, Asked, string]>([
    ["names no profile", {}, "crisp-default (enforce)"],
    ["asks for the default", { profile: { profileType: ProfileType.RuntimeDefault } }, "crisp-default (enforce)"],
    ["asks for none", { profile: { profileType: ProfileType.Unconfined } }, "unconfined"],
    ["is privileged", { isPrivileged: true }, "unconfined"],
    [
      "names one of the operator's",
      { profile: { profileType: ProfileType.Localhost, localhostRef: tight } },
      `${tight} (enforce)`,
    ],
  ])("a container that %s sees it, and so do its commands", async (_name, asked, expected) => {
    const containerId = await startUnder(asked);

    expect(await profilesInside(containerId)).toEqual([expected, expected]);
  });

  test("what a profile denies cannot be had, and what it does not deny can", async () => {
    const { client } = daemon();
    const named = await startUnder({ profile: { profileType: ProfileType.Localhost, localhostRef: tight } });
    const usual = await startUnder({});
    const script = "touch /etc/shadow; touch /tmp/mine && echo made; kill -0 1 && echo signalled";

    const denied = await execSync(client, named, ["sh", "-c", script]);
    const allowed = await execSync(client, usual, ["sh", "-c", script]);

    expect(denied.stderr).toMatch(/\/etc\/shadow: Permission denied/);
    expect([denied.stdout, allowed.stdout]).toEqual(["made\nsignalled\n", "made\nsignalled\n"]);
    expect(allowed.stderr).toBe("");
  });

  test("the default profile is loaded again when somebody has taken it away", async () => {
    const unload = path.join(daemon().workspace.dir, "unload");
    await writeFile(unload, "profile crisp-default { }\n");
    await run("apparmor_parser", ["--remove", unload]);

    const containerId = await startUnder({});

    expect(await profilesInside(containerId)).toEqual(["crisp-default (enforce)", "crisp-default (enforce)"]);
  });

  test("a profile that is not loaded is refused by the field", async () => {
    const profile = { profileType: ProfileType.Localhost, localhostRef: "no-such-profile" };

    const refusal = await refusalOf(startUnder({ profile }));

    expect(refusal.message).toContain("linux.security_context.apparmor: the profile no-such-profile is not loaded");
  });
});
