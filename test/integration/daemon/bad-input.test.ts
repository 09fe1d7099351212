import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import { freeLoopbackPort } from "../../support/loopback.ts";
import { containerConfig, podConfig } from "../../support/pod-config.ts";
import { refusalOf } from "../../support/refusal.ts";
import { waitFor } from "../../support/wait-for.ts";
import { type DaemonFixture, useDaemon } from "./daemon-fixture.ts";
import { createShell, exited, idle, runPod } from "./pod-acts.ts";

const daemon = useDaemon();

const nobody = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

interface BadCall {
  readonly what: string;
  readonly call: (fixture: DaemonFixture) => Promise<unknown>;
  readonly kind: string;
  /** Words that the message must have: the act, and the value. */
  readonly says: readonly string[];
}

const badImages: readonly BadCall[] = [
  {
    what: "an image that the registry does not have",
    call: ({ client, registry }) => client.pullImage({ image: { image: `${registry.host}/no/such:1` } }),
    kind: "not-found",
    says: ["pull", "no/such:1"],
  },
  {
    what: "a registry that is down",
    call: async ({ client }) =>
      client.pullImage({ image: { image: `127.0.0.1:${await freeLoopbackPort()}/any/image:1` } }),
    kind: "unavailable",
    says: ["pull", "any/image:1"],
  },
  {
    what: "a reference that is none",
    call: ({ client }) => client.pullImage({ image: { image: "UPPER/case:tag:tag" } }),
    kind: "invalid",
    says: ["UPPER/case:tag:tag"],
  },
  {
    what: "no reference at all",
    call: ({ client }) => client.pullImage({}),
    kind: "invalid",
    says: ["image"],
  },
];

test.each(badImages)("PullImage of $what is $kind and leaves nothing behind", expectRefusal);

const notFound = { kind: "not-found", says: [nobody.slice(0, 12)] };

const missingIds: readonly BadCall[] = [
  { ...notFound, what: "PodSandboxStatus", call: ({ client }) => client.podSandboxStatus({ podSandboxId: nobody }) },
  { ...notFound, what: "ContainerStatus", call: ({ client }) => client.containerStatus({ containerId: nobody }) },
  { ...notFound, what: "StartContainer", call: ({ client }) => client.startContainer({ containerId: nobody }) },
  { ...notFound, what: "ExecSync", call: ({ client }) => client.execSync({ containerId: nobody, cmd: ["true"] }) },
  { ...notFound, what: "ReopenContainerLog", call: ({ client }) => client.reopenContainerLog({ containerId: nobody }) },
  {
    ...notFound,
    what: "CreateContainer",
    call: ({ client, busybox, workspace }) =>
      client.createContainer({
        podSandboxId: nobody,
        config: containerConfig("main", busybox.reference, ["true"]),
        sandboxConfig: podConfig(workspace, "pod"),
      }),
  },
];

test.each(missingIds)("$what of an id that nobody has is $kind", expectRefusal);

test("stopping and removing what is not there succeeds", async () => {
  const { client } = daemon();

  await client.stopContainer({ containerId: nobody, timeout: 1n });
  await client.removeContainer({ containerId: nobody });
  await client.stopPodSandbox({ podSandboxId: nobody });
  await client.removePodSandbox({ podSandboxId: nobody });
  await client.removeImage({ image: { image: `sha256:${nobody}` } });

  expect((await client.listPodSandbox({})).items).toEqual([]);
  await daemon().expectHostUnchanged();
});

const badPods: readonly BadCall[] = [
  {
    what: "no configuration",
    call: ({ client }) => client.runPodSandbox({}),
    kind: "invalid",
    says: ["config"],
  },
  {
    what: "no name",
    call: ({ client, workspace }) =>
      client.runPodSandbox({ config: podConfig(workspace, "pod", { metadata: { namespace: "default", uid: "u" } }) }),
    kind: "invalid",
    says: ["name"],
  },
  {
    what: "a handler that is not configured",
    call: ({ client, workspace }) =>
      client.runPodSandbox({ config: podConfig(workspace, "pod"), runtimeHandler: "no-such-handler" }),
    kind: "invalid",
    says: ["no-such-handler"],
  },
];

test.each(badPods)("RunPodSandbox with $what is $kind and leaves nothing behind", expectRefusal);

describe("CreateContainer", () => {
  test("of an image that was not pulled is not-found and leaves nothing behind", async () => {
    const { client, registry } = daemon();
    const pod = await runPod(daemon());
    const image = `${registry.host}/not/pulled:1`;
    const config = containerConfig("main", image, ["true"]);

    const creating = client.createContainer({ podSandboxId: pod.id, config, sandboxConfig: pod.config });

    const refusal = await refusalOf(creating);
    expect(refusal.kind).toBe("not-found");
    expect(refusal.message).toContain(image);
    await client.removePodSandbox({ podSandboxId: pod.id });
    await daemon().expectHostUnchanged();
  });

  test("with a mount source that cannot be made names the source and leaves nothing behind", async () => {
    const { client, workspace } = daemon();
    const pod = await runPod(daemon());
    const file = path.join(workspace.dir, "a-file");
    await writeFile(file, "");
    const hostPath = path.join(file, "below");

    const creating = createShell(daemon(), pod, idle, { mounts: [{ containerPath: "/data", hostPath }] });

    await expect(creating).rejects.toThrow(hostPath);
    expect((await client.listContainers({})).containers).toEqual([]);
    await client.removePodSandbox({ podSandboxId: pod.id });
    await daemon().expectHostUnchanged();
  });

  test("in a pod that was stopped is refused", async () => {
    const { client } = daemon();
    const pod = await runPod(daemon());
    await client.stopPodSandbox({ podSandboxId: pod.id });

    await expect(createShell(daemon(), pod, idle)).rejects.toMatchObject({ kind: "wrong-state" });
  });

  test("of a command that does not exist can be removed without a trace", async () => {
    const { client, busybox } = daemon();
    const pod = await runPod(daemon());
    const config = containerConfig("main", busybox.reference, ["/no/such/command"]);
    const { containerId } = await client.createContainer({ podSandboxId: pod.id, config, sandboxConfig: pod.config });

    await expect(client.startContainer({ containerId })).rejects.toThrow("/no/such/command");

    await client.removeContainer({ containerId });
    await client.removePodSandbox({ podSandboxId: pod.id });
    await daemon().expectHostUnchanged();
  });
});

test("StartContainer of a container that has already run is refused", async () => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  const containerId = await createShell(daemon(), pod, "exit 3");
  await client.startContainer({ containerId });
  await exited(client, containerId);

  await expect(client.startContainer({ containerId })).rejects.toMatchObject({
    kind: "wrong-state",
    message: expect.stringContaining("is exited and is started once only; it ended with code 3") as string,
  });
});

test("a call that its caller cancels is canceled, and leaves nothing that a removal does not take back", async () => {
  const { client, workspace } = daemon();
  const config = podConfig(workspace, "pod");
  const cancel = new AbortController();

  const running = client.runPodSandbox({ config }, { signal: cancel.signal });
  cancel.abort();

  expect((await refusalOf(running)).kind).toBe("canceled");
  const { podSandboxId } = await client.runPodSandbox({ config });
  await client.removePodSandbox({ podSandboxId });
  await daemon().expectHostUnchanged();
});

test("without a network configuration pods are refused as unavailable, but those on the host's network run", async () => {
  const { client, crispd, workspace } = daemon();
  const conflist = path.join(crispd.cni.confDir, "10-bridge.conflist");
  await rename(conflist, `${conflist}.away`);
  try {
    await waitFor("the network to be not ready", async () => (await networkCondition())?.status === false);
    expect((await networkCondition())?.message).toContain(crispd.cni.confDir);

    const refusal = await refusalOf(client.runPodSandbox({ config: podConfig(workspace, "pod") }));
    expect(refusal.kind).toBe("unavailable");
    expect(refusal.message).toContain(crispd.cni.confDir);
    await daemon().expectHostUnchanged();
    await runPod(daemon(), { namespaces: { network: NamespaceMode.NODE } });
  } finally {
    await rename(`${conflist}.away`, conflist);
  }
  await waitFor("the network to be ready again", async () => (await networkCondition())?.status);
});

async function expectRefusal({ call, kind, says }: BadCall): Promise<void> {
  const refusal = await refusalOf(call(daemon()));

  expect(refusal.kind).toBe(kind);
  for (const words of says) expect(refusal.message).toContain(words);
  await daemon().expectHostUnchanged();
}

async function networkCondition(): Promise<{ readonly status: boolean; readonly message: string } | undefined> {
  const { status } = await daemon().client.status({});
  return status?.conditions.find(({ type }) => type === "NetworkReady");
}
