import { readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { refusalOf } from "../../support/refusal.ts";
import { waitFor } from "../../support/wait-for.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { examine, matching } from "./doctor-acts.ts";
import { execSync, idle, reconfigure, runPod, sandboxStatus, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

/** A handler of runc's with a directory of network configurations of its own, which is not there yet. */
async function ownNetwork() {
  const { workspace } = daemon();
  const root = await directoryIn(workspace, "lan-state");
  const confDir = path.join(workspace.dir, "lan.d");
  const leases = path.join(workspace.dir, "lan-leases");
  const handler = `[runtimes.lan]\npath = "runc"\nroot = "${root}"\ncni_conf_dir = "${confDir}"\n`;
  // The upper half of the workspace's addresses, of which the node's network gives away the lowest.
  const subnet = workspace.subnet.replace(".0/24", ".128/25");
  const ipam = { type: "host-local", dataDir: leases, ranges: [[{ subnet }]], routes: [{ dst: "0.0.0.0/0" }] };
  const network = { cniVersion: "1.0.0", name: `${workspace.network}-lan`, plugins: [{ type: "ptp", ipam }] };
  return {
    handler,
    confDir,
    leases: async () => (await readdir(path.join(leases, network.name))).filter((name) => /^[\d.]+$/.test(name)),
    install: async () => {
      await directoryIn(workspace, "lan.d");
      await writeFile(path.join(confDir, "10-lan.conflist"), JSON.stringify(network));
    },
  };
}

test("pods of a handler are attached to its own network, and detached without it", async () => {
  const { client, crispd, workspace } = daemon();
  const lan = await ownNetwork();
  await reconfigure(daemon(), lan.handler);
  const missing = `no network configuration in ${lan.confDir}`;
  expect((await refusalOf(runPod(daemon(), {}, "lan"))).message).toContain(missing);
  expect((await examine(crispd)).findings).toContainEqual(
    expect.objectContaining({ where: "handler lan", what: matching(new RegExp(`has no network: ${missing}`)) }),
  );
  const { status } = await client.status({});
  expect(status?.conditions.map(({ type, status: isMet }) => [type, isMet])).toContainEqual(["NetworkReady", true]);

  await lan.install();
  const pod = await runPod(daemon(), {}, "lan");
  const onNode = await runPod(daemon(), { metadata: { name: "node", namespace: "default", uid: "node" } });
  const lastNumber = async (id: string): Promise<number> =>
    Number((await sandboxStatus(client, id)).network?.ip.split(".").at(-1));
  expect(await lastNumber(pod.id)).toBeGreaterThan(128);
  expect(await lastNumber(onNode.id)).toBeLessThan(128);
  expect(await lan.leases()).toEqual([`${workspace.subnet.replace(".0/24", "")}.${await lastNumber(pod.id)}`]);

  await reconfigure(daemon(), "");
  await crispd.kill();
  await rm(lan.confDir, { recursive: true });
  await crispd.start();
  await client.removePodSandbox({ podSandboxId: pod.id });
  expect(await lan.leases()).toEqual([]);
  // Lets go of the handler, whose last pod is gone.
  await reconfigure(daemon(), "");
});

test("the network of the default handler is the node's readiness, as it changes", async () => {
  const { client } = daemon();
  const lan = await ownNetwork();
  const ready = async (): Promise<boolean | undefined> =>
    (await client.status({})).status?.conditions.find(({ type }) => type === "NetworkReady")?.status;

  await reconfigure(daemon(), `default_runtime = "lan"\n${lan.handler}`);
  expect(await ready()).toBe(false);
  await lan.install();
  await waitFor("the network to be ready", async () => (await ready()) === true);

  await reconfigure(daemon(), "");
  await rm(lan.confDir, { recursive: true });
  expect(await ready()).toBe(true);
});

test("containers of a handler have root file systems with its options", async () => {
  const { client, workspace } = daemon();
  const root = await directoryIn(workspace, "snap-state");
  const wanted = 'snapshot_options = { volatile = "off", metacopy = "on" }\n';
  const rootMount = async (containerId: string): Promise<readonly string[]> =>
    (await execSync(client, containerId, ["grep", " / overlay ", "/proc/self/mounts"])).stdout.split(/[ ,]/);
  const pod = await runPod(daemon());
  const usual = await startShell(daemon(), pod, idle);
  await reconfigure(daemon(), `[runtimes.snap]\npath = "runc"\nroot = "${root}"\n${wanted}`);
  const snap = await runPod(daemon(), { metadata: { name: "snap", namespace: "default", uid: "snap" } }, "snap");
  const other = await startShell(daemon(), snap, "chmod 700 /bin/busybox; touch /new; " + idle);

  const [before, after] = [await rootMount(usual), await rootMount(other)];
  expect(before.some((option) => option.endsWith("volatile"))).toBe(true);
  expect(before).not.toContain("metacopy=on");
  expect(after.some((option) => option.endsWith("volatile"))).toBe(false);
  expect(after).toContain("metacopy=on");
  await client.removePodSandbox({ podSandboxId: snap.id });
  await reconfigure(daemon(), "");
});
