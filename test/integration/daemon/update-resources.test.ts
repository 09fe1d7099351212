import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { CriClient } from "#client";
import { type CgroupLimits, readLimits, sharesAsTold } from "../../support/cgroup-limits.ts";
import { refusalOf } from "../../support/refusal.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, createShell, execSync, exited, idle, runPod, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

const MiB = 1024n * 1024n;

/** What the node holds a container to. */
async function limitsOf(client: CriClient, containerId: string): Promise<CgroupLimits & { oomScore: string }> {
  const { info } = await client.containerStatus({ containerId, verbose: true });
  const { pid } = JSON.parse(info["info"] ?? "{}") as { readonly pid: number };
  return { ...(await readLimits(pid)), oomScore: (await readFile(`/proc/${pid}/oom_score_adj`, "utf8")).trim() };
}

test("a running container gets other limits, up and down, and keeps those that are not named", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    resources: { cpuShares: 100n, memoryLimitInBytes: 64n * MiB, oomScoreAdj: 300n },
  });
  const first = await limitsOf(client, containerId);

  const grown = { memoryLimitInBytes: 128n * MiB, cpuShares: 512n, cpuQuota: 50_000n, cpuPeriod: 100_000n };
  await client.updateContainerResources({ containerId, linux: { ...grown, oomScoreAdj: 500n } });
  const second = await limitsOf(client, containerId);
  await client.updateContainerResources({ containerId, linux: { cpusetCpus: "0" } });
  const third = await limitsOf(client, containerId);
  await client.updateContainerResources({ containerId, linux: { memoryLimitInBytes: 32n * MiB } });
  const fourth = await limitsOf(client, containerId);

  expect(first).toMatchObject({
    memory: `${64n * MiB}`,
    memoryAndSwap: `${64n * MiB}`,
    shares: sharesAsTold(100),
    oomScore: "300",
  });
  expect(second).toEqual({
    ...first,
    memory: `${128n * MiB}`,
    memoryAndSwap: `${128n * MiB}`,
    shares: sharesAsTold(512),
    quota: "50000",
    oomScore: "500",
  });
  expect(third).toEqual({ ...second, cpus: "0" });
  expect(fourth).toEqual({ ...third, memory: `${32n * MiB}`, memoryAndSwap: `${32n * MiB}` });
});

test("a limit below what the container uses is refused, and nothing changes", async () => {
  const { client } = daemon();
  const script = `dd if=/dev/zero of=/dev/shm/held bs=1M count=24 2>/dev/null; ${idle}`;
  const containerId = await startShell(daemon(), await runPod(daemon()), script, {
    resources: { memoryLimitInBytes: 64n * MiB },
  });
  await waitFor("the container to fill its memory", async () => {
    const { stdout } = await execSync(client, containerId, ["stat", "-c", "%s", "/dev/shm/held"]);
    return BigInt(stdout.trim() || 0) === 24n * MiB;
  });
  const before = await limitsOf(client, containerId);

  const refusal = await refusalOf(
    client.updateContainerResources({ containerId, linux: { memoryLimitInBytes: 16n * MiB } }),
  );

  expect(refusal.kind).toBe("wrong-state");
  expect(refusal.message).toContain(`memory_limit_in_bytes: ${16n * MiB} is below the`);
  expect(await limitsOf(client, containerId)).toEqual(before);
  expect((await containerStatus(client, containerId)).resources?.linux?.memoryLimitInBytes).toBe(64n * MiB);
});

test("a container that is only created starts with its new limits; one that has ended refuses them", async () => {
  const { client } = daemon();
  const containerId = await createShell(daemon(), await runPod(daemon()), idle);

  await client.updateContainerResources({ containerId, linux: { cpuShares: 300n, memoryLimitInBytes: 48n * MiB } });
  await client.startContainer({ containerId });

  expect(await limitsOf(client, containerId)).toMatchObject({ shares: sharesAsTold(300), memory: `${48n * MiB}` });
  await client.stopContainer({ containerId, timeout: 5n });
  await exited(client, containerId);
  const refusal = await refusalOf(client.updateContainerResources({ containerId, linux: { cpuShares: 100n } }));
  expect(refusal.kind).toBe("wrong-state");
});

test("new limits show in the status, also after a restart", async () => {
  const { client, crispd } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle);
  await client.updateContainerResources({ containerId, linux: { memoryLimitInBytes: 96n * MiB } });

  await crispd.kill();
  await crispd.start();

  const { resources } = await containerStatus(client, containerId);
  expect(resources?.linux).toMatchObject({ cpuShares: 100n, memoryLimitInBytes: 96n * MiB });
});

test("a pod's resources are taken while it is ready; its cgroup stays as it is", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const linux = { cpuShares: 300n, memoryLimitInBytes: 64n * MiB };

  await client.updatePodSandboxResources({ podSandboxId: pod.id, resources: linux, overhead: {} });

  const { info } = await client.podSandboxStatus({ podSandboxId: pod.id, verbose: true });
  expect(JSON.parse(info["info"] ?? "")).toMatchObject({ config: { resources: { cpuShares: 300 } } });
  await client.stopPodSandbox({ podSandboxId: pod.id });
  const refusal = await refusalOf(client.updatePodSandboxResources({ podSandboxId: pod.id, resources: linux }));
  expect(refusal.kind).toBe("wrong-state");
});
