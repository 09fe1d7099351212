import { chown, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import { file } from "../../support/busybox.ts";
import { removeAllPods } from "../../support/cri-server.ts";
import { buildImage } from "../../support/image.ts";
import { needing } from "../../support/needing.ts";
import type { Namespaces } from "../../support/pod-config.ts";
import { pushImage } from "../../support/push.ts";
import { refusalOf } from "../../support/refusal.ts";
import { handlerUnderTest } from "../../support/test-handlers.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { containerStatus, createShell, execSync, idle, runPod, sandboxStatus, startShell } from "./pod-acts.ts";

const daemon = useDaemon();
const userns = needing("have user namespaces");

const hostId = 1_310_720;
const ids = [{ hostId, containerId: 0, length: 65_536 }];
const usernsOptions = { mode: NamespaceMode.POD, uids: ids, gids: ids };
const namespaces: Namespaces = { usernsOptions };

/** Output of a shell script in a container, by lines. */
async function lines(containerId: string, script: string): Promise<readonly string[]> {
  const { stdout, stderr } = await execSync(daemon().client, containerId, ["sh", "-c", script]);
  return `${stdout}${stderr}`.trim().split("\n");
}

async function pidOf(containerId: string): Promise<number> {
  const { info } = await daemon().client.containerStatus({ containerId, verbose: true });
  const { pid } = JSON.parse(info["info"] ?? "") as { pid: number };
  return pid;
}

test(
  "the root of a pod with a user namespace is nobody on the node, and owns its files, shm and network",
  userns,
  async () => {
    const pod = await runPod(daemon(), { namespaces });
    const containerId = await startShell(daemon(), pod, idle, { namespaces });

    const seen = await lines(
      containerId,
      [
        "id -u; cat /proc/self/uid_map /proc/self/gid_map",
        "stat -c %u:%g / /bin/busybox /etc/hosts /etc/resolv.conf /etc/hostname /dev/shm",
        "touch /made /dev/shm/made && stat -c %u:%g /made /dev/shm/made",
        "hostname; echo ::1 mine >> /etc/hosts && echo hosts",
        "ip link set lo down && echo down",
      ].join("; "),
    );

    expect(seen.map((line) => line.trim().replace(/\s+/g, " "))).toEqual([
      "0",
      `0 ${hostId} 65536`,
      `0 ${hostId} 65536`,
      ...Array.from({ length: 8 }, () => "0:0"),
      "pod",
      "hosts",
      "ip: SIOCSIFFLAGS: Operation not permitted",
    ]);
    const owner = /^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${await pidOf(containerId)}/status`, "utf8"));
    expect(owner?.[1]).toBe(String(hostId));
  },
);

test(
  "what a pod may do to its network with NET_ADMIN stays in it, and the kernel's file systems are its own",
  userns,
  async () => {
    const { client, busybox } = daemon();
    const pod = await runPod(daemon(), { namespaces });
    const { containerId } = await client.createContainer({
      podSandboxId: pod.id,
      sandboxConfig: pod.config,
      config: {
        metadata: { name: "admin" },
        image: { image: busybox.reference },
        command: ["sh", "-c", idle],
        linux: {
          securityContext: {
            namespaceOptions: { pid: NamespaceMode.CONTAINER, usernsOptions },
            capabilities: { addCapabilities: ["NET_ADMIN", "SYS_RESOURCE"] },
          },
        },
      },
    });
    await client.startContainer({ containerId });

    const seen = await lines(
      containerId,
      "ip link set lo mtu 1400 && cat /sys/class/net/lo/mtu; grep CapEff /proc/self/status; grep -E ' (/proc|/sys|/dev/mqueue) ' /proc/mounts",
    );

    expect(seen[0]).toBe("1400");
    expect(seen[1]).toMatch(/00000000a90435fb/);
    const mounted = seen.slice(2).map((line) => line.split(" ").slice(1, 3).join(" "));
    expect(mounted.toSorted()).toEqual(["/dev/mqueue mqueue", "/proc proc", "/sys sysfs"]);
  },
);

test("volumes keep their owners for the pod, image volumes too", userns, async () => {
  const { client, registry, workspace } = daemon();
  const pushed = await pushImage(registry, "test/mapped:1", buildImage({ layers: [[file("data", "from image\n")]] }));
  await client.pullImage({ image: { image: pushed.reference } });
  const volume = await directoryIn(workspace, "volume");
  const single = path.join(workspace.dir, "single");
  await writeFile(single, "one\n");
  await mkdir(path.join(volume, "sub"), { recursive: true });
  await chown(path.join(volume, "sub"), 1000, 1000);
  const mapped = { uidMappings: ids, gidMappings: ids };
  const pod = await runPod(daemon(), { namespaces });
  const containerId = await startShell(daemon(), pod, idle, {
    namespaces,
    mounts: [
      { containerPath: "/volume", hostPath: volume, ...mapped },
      { containerPath: "/single", hostPath: single, ...mapped, readonly: true },
      { containerPath: "/plain", hostPath: volume },
      { containerPath: "/image", image: { image: pushed.reference }, ...mapped },
    ],
  });

  const seen = await lines(
    containerId,
    [
      "stat -c %u:%g /volume /volume/sub /single /plain /image/data",
      "touch /volume/made && stat -c %u:%g /volume/made",
      "touch /single; touch /plain/any",
      "cat /image/data",
    ].join("; "),
  );

  expect(seen).toEqual([
    "0:0",
    "1000:1000",
    "0:0",
    "65534:65534",
    "0:0",
    "0:0",
    "from image",
    "touch: /single: Read-only file system",
    "touch: /plain/any: Permission denied",
  ]);
  const made = await stat(path.join(volume, "made"));
  expect([made.uid, made.gid]).toEqual([0, 0]);
  await removeAllPods(client);
  await client.removeImage({ image: { image: pushed.reference } });
});

test("a volume is mapped for a pod without a user namespace too, by a mapping of its own", async () => {
  const { workspace } = daemon();
  const volume = await directoryIn(workspace, "volume");
  const mappings = [{ hostId: 5_000, containerId: 0, length: 10 }];
  const containerId = await startShell(daemon(), await runPod(daemon()), idle, {
    mounts: [{ containerPath: "/volume", hostPath: volume, uidMappings: mappings, gidMappings: mappings }],
  });

  expect(await lines(containerId, "stat -c %u:%g /volume")).toEqual(["5000:5000"]);
});

test("on the node's network the pod has no say over it, and sees the node's name", userns, async () => {
  const { client } = daemon();
  const onNode = { ...namespaces, network: NamespaceMode.NODE };
  const pod = await runPod(daemon(), { namespaces: onNode });
  const containerId = await startShell(daemon(), pod, idle, { namespaces: onNode });

  const seen = await lines(containerId, "id -u; ls /sys/class/net | grep -c lo; touch /sys/any; hostname made");

  expect(seen.slice(0, 2)).toEqual(["0", "1"]);
  expect(seen.slice(2).join("\n")).toMatch(/Read-only file system\n.*Operation not permitted/);
  const { features } = await client.status({});
  expect(features?.userNamespacesHostNetwork).toBe(true);
});

test("containers share the processes of a pod with a user namespace", userns, async () => {
  const shared = { ...namespaces, pid: NamespaceMode.POD };
  const pod = await runPod(daemon(), { namespaces: shared });
  const containerId = await startShell(daemon(), pod, idle, { namespaces: shared });

  expect((await lines(containerId, "ps -o pid,args"))[1]?.trim()).toMatch(/^1 \/pause/);
});

test("sysctls of network and IPC are set in the pod's namespaces", userns, async () => {
  const { client } = daemon();
  const pod = await runPod(daemon(), { namespaces });
  const config = { ...pod.config, metadata: { name: "set", namespace: "default", uid: "set", attempt: 0 } };
  const sysctls = { "net.ipv4.ip_unprivileged_port_start": "0", "kernel.shm_rmid_forced": "1" };
  const { podSandboxId } = await client.runPodSandbox({
    config: { ...config, linux: { ...config.linux, sysctls } },
  });
  const containerId = await startShell(daemon(), { id: podSandboxId, config, namespaces }, idle, { namespaces });
  const look = "cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced";
  expect(await lines(containerId, look)).toEqual(["0", "1"]);
});

test("kill -9 of crispd leaves such a pod running; exec, stats and removal work after a restart", userns, async () => {
  const { client, crispd } = daemon();
  const pod = await runPod(daemon(), { namespaces });
  const containerId = await startShell(daemon(), pod, idle, { namespaces });

  await crispd.kill();
  await crispd.start();

  const status = await sandboxStatus(client, pod.id);
  expect(status.linux?.namespaces?.options?.usernsOptions?.uids).toMatchObject(ids);
  expect(await lines(containerId, "id -u")).toEqual(["0"]);
  const { stats } = await client.podSandboxStats({ podSandboxId: pod.id });
  expect(stats?.linux?.network?.defaultInterface?.name).toBe("eth0");
  await client.stopContainer({ containerId, timeout: 5n });
  expect(await containerStatus(client, containerId)).toMatchObject({ exitCode: 0 });
});

test("a container must have the user namespace of its sandbox", userns, async () => {
  const pod = await runPod(daemon(), { namespaces });
  const refused = await refusalOf(createShell(daemon(), pod, idle, { namespaces: {} }));

  expect(refused.kind).toBe("invalid");
  expect(refused.message).toContain("userns_options: must be those of the container's sandbox");
});

test("Status says that the handler has user namespaces, also under the empty name", userns, async () => {
  const { runtimeHandlers } = await daemon().client.status({});

  expect(runtimeHandlers.map(({ name, features }) => [name, features?.userNamespaces])).toEqual(
    expect.arrayContaining([
      ["", true],
      [handlerUnderTest().name, true],
    ]),
  );
});
