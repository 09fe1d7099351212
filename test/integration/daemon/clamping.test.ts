import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { needing } from "../../support/needing.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { execSync, idle, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

/** All up to CAP_AUDIT_READ. */
const beforeLinux58 = (1n << 38n) - 1n;
const capSysResource = 1n << 24n;
const lacksSysResource = (capabilitiesOfThisProcess() & capSysResource) === 0n;

test("a container that wants to be killed last runs, on whatever score the daemon can give", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, { resources: { oomScoreAdj: -998n } });

  const { stdout } = await execSync(client, containerId, ["cat", "/proc/1/oom_score_adj"]);

  expect(Number(stdout)).toBe(lacksSysResource ? oomScoreOfThisProcess() : -998);
});

test("a privileged container runs, with the capabilities that the daemon has", async () => {
  expect((await capabilitiesOfPrivileged()) & beforeLinux58).toBe(capabilitiesOfThisProcess() & beforeLinux58);
});

test("a privileged container has the newest capabilities too", needing("have capabilities of Linux 5.8"), async () => {
  expect(await capabilitiesOfPrivileged()).toBe(capabilitiesOfThisProcess());
});

async function capabilitiesOfPrivileged(): Promise<bigint> {
  const pod = await runPod(daemon(), { isPrivileged: true });
  const containerId = await startShell(daemon(), pod, idle, { isPrivileged: true });
  const { stdout } = await execSync(daemon().client, containerId, ["grep", "CapEff", "/proc/1/status"]);
  return BigInt(`0x${stdout.trim().split(/\s+/)[1]}`);
}

test.runIf(lacksSysResource)("what is not granted for want of CAP_SYS_RESOURCE is said in the log, once", async () => {
  const pod = await runPod(daemon());
  for (const name of ["one", "two"]) {
    await startShell(daemon(), pod, idle, { metadata: { name }, resources: { oomScoreAdj: -998n } });
  }

  const lines = daemon().crispd.logTail(10_000).split("\n");

  expect(lines.filter((line) => line.includes("oom-score-adj"))).toHaveLength(1);
});

/** CapEff is a bit for each capability, in hexadecimal. */
function capabilitiesOfThisProcess(): bigint {
  const [, bits] = /^CapEff:\s+([\da-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return BigInt(`0x${bits}`);
}

function oomScoreOfThisProcess(): number {
  return Number(readFileSync("/proc/self/oom_score_adj", "utf8"));
}
