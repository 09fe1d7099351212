import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { run } from "../../support/child.ts";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { execSync, idle, runPod, startShell, type TestPod } from "./pod-acts.ts";

const daemon = useDaemon();

const pageBytes = 2n * 1024n * 1024n;
const reserve = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
/** Where a controller of huge pages is for runtimes to use: not on a hybrid machine that has it in the unified tree. */
const hasController =
  existsSync("/sys/fs/cgroup/hugetlb") ||
  (existsSync("/sys/fs/cgroup/cgroup.controllers") &&
    /\bhugetlb\b/.test(await readFile("/sys/fs/cgroup/cgroup.controllers", "utf8")));

interface HugePages extends AsyncDisposable {
  readonly directory: string;
}

/** A file system of huge pages for a pod, which goes before it; the node has some more of them meanwhile. */
async function hugePagesFor(pod: TestPod): Promise<HugePages> {
  const before = await readFile(reserve, "utf8");
  await writeFile(reserve, String(Number(before) + 8));
  const directory = await directoryIn(daemon().workspace, "huge");
  await run("mount", ["-t", "hugetlbfs", "-o", "pagesize=2M", "none", directory]);
  return {
    directory,
    [Symbol.asyncDispose]: async () => {
      await daemon().client.removePodSandbox({ podSandboxId: pod.id });
      await run("umount", [directory]);
      await rm(directory, { recursive: true });
      await writeFile(reserve, before);
    },
  };
}

test.runIf(hasController && existsSync(reserve))(
  "huge pages are told of: those in use, and those refused",
  async () => {
    const { client } = daemon();
    const pod = await runPod(daemon());
    await using huge = await hugePagesFor(pod);
    const take = (file: string): string => `busybox fallocate -l ${2n * pageBytes} /huge/${file}`;
    const containerId = await startShell(
      daemon(),
      pod,
      `${take("one")} && touch /taken; ${take("two")} || touch /refused; ${idle}`,
      {
        mounts: [{ containerPath: "/huge", hostPath: huge.directory }],
        resources: { hugepageLimits: [{ pageSize: "2MB", limit: 3n * pageBytes }] },
      },
    );
    await waitFor("both", async () => {
      const { exitCode } = await execSync(client, containerId, ["sh", "-c", "test -e /taken && test -e /refused"]);
      return exitCode === 0;
    });

    const { podMetrics } = await client.listPodSandboxMetrics({});

    const own = podMetrics.find(({ podSandboxId }) => podSandboxId === pod.id)?.containerMetrics[0]?.metrics ?? [];
    const told = own.filter(
      ({ name, labelValues }) => name.startsWith("container_hugetlb_") && labelValues.at(-1) === "2MB",
    );
    const values = new Map(told.map(({ name, value }) => [name, value?.value ?? 0n]));
    expect(values.get("container_hugetlb_usage_bytes")).toBeGreaterThanOrEqual(2n * pageBytes);
    expect(values.get("container_hugetlb_usage_bytes")).toBeLessThanOrEqual(3n * pageBytes);
    expect(values.get("container_hugetlb_failcnt")).toBeGreaterThan(0n);
  },
);
