import { expect, test } from "vitest";
import { createAdminClient } from "#client";
import { useDaemon } from "./daemon-fixture.ts";
import { createShell, exited, idle, runPod } from "./pod-acts.ts";

const daemon = useDaemon();

/** Lives that a pod's container can have; each ends with the pod gone. */
const lives = [
  async (round: string) => {
    const { client } = daemon();
    const pod = await runPod(daemon(), podNamed(round));
    const containerId = await createShell(daemon(), pod, idle);
    await client.startContainer({ containerId });
    await client.stopContainer({ containerId, timeout: 0n });
    await client.stopPodSandbox({ podSandboxId: pod.id });
    await client.removePodSandbox({ podSandboxId: pod.id });
  },
  async (round: string) => {
    const { client } = daemon();
    const pod = await runPod(daemon(), podNamed(round));
    const containerId = await createShell(daemon(), pod, "exit 3");
    await client.startContainer({ containerId });
    await exited(client, containerId);
    await client.removeContainer({ containerId });
    await client.removePodSandbox({ podSandboxId: pod.id });
  },
  async (round: string) => {
    const { client } = daemon();
    const pod = await runPod(daemon(), podNamed(round));
    await createShell(daemon(), pod, idle);
    await client.stopPodSandbox({ podSandboxId: pod.id });
    await client.removePodSandbox({ podSandboxId: pod.id });
  },
] as const;

function podNamed(name: string) {
  return { metadata: { name, namespace: "default", uid: name, attempt: 0 } };
}

test("on a node where pods come and go all the time the doctor finds nothing, and repairs nothing", async () => {
  const { crispd } = daemon();
  const admin = createAdminClient({ endpoint: `unix://${crispd.socketPath}`, timeoutMs: 60_000 });
  let isOver = false;
  let pods = 0;
  let looks = 0;
  const busy = lives.map(async (live, kind) => {
    for (let round = 0; !isOver; round += 1) {
      await live(`busy-${kind}-${round}`);
      pods += 1;
    }
  });

  const found: unknown[] = [];
  const look = async (): Promise<void> => {
    while (pods < 40) {
      const { checks, mended } = await admin.examine({ repair: true });
      found.push(
        ...mended,
        ...checks.flatMap(({ findings }) => findings),
        ...checks.filter((check) => check.unexamined !== ""),
      );
      looks += 1;
    }
  };
  await Promise.all([look(), look()]);
  isOver = true;
  await Promise.all(busy);
  admin.close();

  expect(found).toEqual([]);
  expect(looks).toBeGreaterThan(12);
});
