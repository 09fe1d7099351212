import type { Check } from "../check.ts";
import { expectSame, expectThat } from "../expect.ts";
import { idle } from "../workbench.ts";

const mebibyte = 1_048_576n;

/** Limits, and what is measured. */
export const resourceChecks: readonly Check[] = [
  {
    name: "stats: tell processor and memory of a container that runs",
    run: async (bench) => {
      const container = await bench.startAlone(`i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; ${idle}`);
      await bench.hasWritten(container, "ready");
      await bench.waitFor("processor time and memory", async () => {
        const { stats } = await bench.client.containerStats({ containerId: container.id });
        const hasCpu = (stats?.cpu?.usageCoreNanoSeconds?.value ?? 0n) > 0n;
        return (hasCpu && (stats?.memory?.workingSetBytes?.value ?? 0n) > 0n) || undefined;
      });
    },
  },
  {
    name: "stats: tell a pod's containers",
    run: async (bench) => {
      const { pod, ...container } = await bench.startAlone(idle);
      await bench.hasWritten(container, "ready");
      const { stats } = await bench.client.podSandboxStats({ podSandboxId: pod.id });
      expectSame(
        "its containers",
        stats?.linux?.containers.map(({ attributes }) => attributes?.id).join(),
        container.id,
      );
    },
  },
  {
    name: "limits: a container that takes more memory than it may have is killed, and that is told",
    run: async (bench) => {
      const resources = { memoryLimitInBytes: 32n * mebibyte };
      const container = await bench.startAlone("exec tail -c 200000000 /dev/zero", { resources });
      const { exitCode, reason } = await bench.exited(container);
      expectSame("its exit code", exitCode, 137);
      expectSame("its reason", reason, "OOMKilled");
    },
  },
  {
    name: "limits: can be changed while a container runs",
    run: async (bench) => {
      const container = await bench.startAlone(idle, { resources: { memoryLimitInBytes: 64n * mebibyte } });
      await bench.client.updateContainerResources({
        containerId: container.id,
        linux: { memoryLimitInBytes: 128n * mebibyte, cpuShares: 512n },
      });
      const { resources } = await bench.containerStatus(container);
      const told = resources?.linux?.memoryLimitInBytes;
      expectThat(told === undefined || told === 128n * mebibyte, `the status tells a limit of ${told}`);
    },
  },
];
