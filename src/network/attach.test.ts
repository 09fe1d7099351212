import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { networkContract } from "../../test/contracts/network-contract.ts";
import { binDir, cacheDir, type FakeNode, openFakeNode } from "./fake-node.ts";

networkContract("the network of CNI plugins", async () => {
  const node = await openFakeNode();
  return { network: node.network, newTarget: async () => node.newTarget(), close: () => node.network.close() };
});

describe("attach()", () => {
  let node: FakeNode;

  beforeEach(async () => {
    node = await openFakeNode({ pluginTimeoutMs: 30, environment: { PATH: "/sbin", HTTPS_PROXY: "p" } });
  });

  afterEach(() => node.network.close());

  it("runs the plugins in order, each with the result of the one before", async () => {
    const { network, plugins } = node;

    const attachment = await network.attach(node.newTarget());

    expect(plugins.history).toEqual(["ADD bridge", "ADD portmap"]);
    expect(plugins.lastCall("bridge", "ADD").request).not.toHaveProperty("prevResult");
    expect(plugins.lastCall("portmap", "ADD").request["prevResult"]).toEqual(JSON.parse(attachment.result));
    expect(attachment).toMatchObject({ networkName: "pods", ips: ["10.1.0.2"], mac: "aa:00:00:00:00:02" });
  });

  it("tells plugins about the pod as the protocol has it", async () => {
    const target = node.newTarget();

    await node.network.attach(target);

    expect(node.plugins.lastCall("bridge", "ADD")).toMatchObject({
      variables: {
        COMMAND: "ADD",
        CONTAINERID: target.sandboxId,
        NETNS: target.netnsPath,
        IFNAME: "eth0",
        PATH: `/usr/local/lib/cni:${binDir}`,
      },
      request: { cniVersion: "1.0.0", name: "pods", type: "bridge", bridge: "cni0", ipam: { type: "host-local" } },
    });
    expect(node.plugins.lastCall("bridge", "ADD").variables["ARGS"]).toContain("K8S_POD_NAME=web-0");
  });

  it("gives plugins no environment but the one it is told", async () => {
    const seen: unknown[] = [];
    node.plugins.next("bridge", "ADD", ({ command }) => {
      seen.push(Object.keys(command.env ?? {}).filter((name) => !name.startsWith("CNI_")));
      return { exitCode: 1 };
    });

    await expect(node.network.attach(node.newTarget())).rejects.toThrow("exit code 1");
    expect(seen).toEqual([["PATH", "HTTPS_PROXY"]]);
  });

  it("passes port mappings to the plugin that declares them", async () => {
    const portMappings = [{ protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "127.0.0.1" }] as const;

    await node.network.attach(node.newTarget({ portMappings }));

    expect(node.plugins.lastCall("bridge", "ADD").request).not.toHaveProperty("runtimeConfig");
    expect(node.plugins.lastCall("portmap", "ADD").request["runtimeConfig"]).toEqual({
      portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp", hostIP: "127.0.0.1" }],
    });
  });

  it("remembers what it is about to do before the first plugin runs", async () => {
    const remembered: string[] = [];
    const target = node.newTarget();
    node.plugins.next("bridge", "ADD", async () => {
      remembered.push(await node.host.files.readText(`${cacheDir}/${target.sandboxId}.intent.json`));
      return { exitCode: 1 };
    });

    await expect(node.network.attach(target)).rejects.toThrow("exit code 1");
    expect(JSON.parse(remembered[0] ?? "")).toMatchObject({ netnsPath: target.netnsPath, config: { name: "pods" } });
  });

  it("names sandbox, network, plugin and command of a failure, with what the plugin says", async () => {
    const target = node.newTarget();
    const stdout = JSON.stringify({ cniVersion: "1.0.0", code: 101, msg: "no addresses", details: "range is full" });
    node.plugins.next("portmap", "ADD", () => ({ exitCode: 1, stdout, stderr: "warning: x\n" }));

    const failure = await node.network.attach(target).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(Fault);
    expect(failure).toMatchObject({
      kind: "broken",
      message: `attach sandbox ${target.sandboxId.slice(0, 12)} to network pods: plugin portmap: ADD: no addresses: range is full`,
      reason: {
        code: "network.plugin-failed",
        plugin: "portmap",
        command: "ADD",
        exitCode: 1,
        cniCode: 101,
        cniMessage: "no addresses",
        cniDetails: "range is full",
        stderr: "warning: x",
      },
    });
  });

  it("tells a plugin that asks for a later try from one that is broken", async () => {
    node.plugins.next("bridge", "ADD", () => ({ exitCode: 1, stdout: '{"code":11,"msg":"daemon starts"}' }));

    await expect(node.network.attach(node.newTarget())).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("shows what a crashed plugin wrote to stderr", async () => {
    node.plugins.next("bridge", "ADD", () => ({ exitCode: 2, stderr: "panic: nil map\n" }));

    await expect(node.network.attach(node.newTarget())).rejects.toThrow(
      "plugin bridge: ADD: exit code 2: panic: nil map",
    );
  });

  it("refuses a result that is none", async () => {
    node.plugins.next("bridge", "ADD", () => ({ stdout: "done" }));

    await expect(node.network.attach(node.newTarget())).rejects.toMatchObject({
      kind: "broken",
      reason: { code: "network.bad-result", plugin: "bridge" },
    });
  });

  it("gives up on a plugin that does not end, and kills it", async () => {
    node.plugins.next("bridge", "ADD", async (process) => await process.ended);

    await expect(node.network.attach(node.newTarget())).rejects.toMatchObject({
      kind: "timed-out",
      reason: { code: "network.plugin-timed-out", plugin: "bridge", command: "ADD", timeoutMs: 30 },
    });
    expect(node.host.processes.running).toEqual([]);
  });

  it("stops when it is canceled, and can be taken back", async () => {
    const target = node.newTarget();
    const caller = new AbortController();
    node.plugins.next("portmap", "ADD", async (process) => {
      caller.abort(new Fault("canceled", "the caller has gone"));
      return await process.ended;
    });

    await expect(node.network.attach(target, caller)).rejects.toMatchObject({ kind: "canceled" });
    expect(node.plugins.leases.size).toBe(1);
    await node.network.detach(target.sandboxId);
    expect(node.plugins.leases.size).toBe(0);
    expect(await node.network.attachments()).toEqual([]);
  });

  it("refuses a bad annotation before it does anything", async () => {
    const bandwidth = { type: "bandwidth", capabilities: { bandwidth: true } };
    const other = await openFakeNode({ configs: { "10.conf": { cniVersion: "1.0.0", name: "pods", ...bandwidth } } });
    await other.plugins.install(binDir, "bandwidth");
    const target = other.newTarget({ annotations: { "kubernetes.io/ingress-bandwidth": "fast" } });

    await expect(other.network.attach(target)).rejects.toMatchObject({ kind: "invalid" });
    expect(await other.network.attachments()).toEqual([]);
    await other.network.close();
  });

  it("fails when its intent cannot be made durable, and can be taken back", async () => {
    const target = node.newTarget();
    let writes = 0;
    node.host.intercept(({ name, subject }) => {
      if (name !== "files.write" || !subject.endsWith(".intent.json")) return;
      writes += 1;
      if (writes === 2) throw new Fault("exhausted", "write: no space left on device");
    });

    await expect(node.network.attach(target)).rejects.toMatchObject({ kind: "exhausted" });
    await node.network.detach(target.sandboxId);
    expect(node.plugins.leases.size).toBe(0);
  });

  it("attaches different sandboxes side by side", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    for (let count = 0; count < 2; count += 1) {
      node.plugins.next("bridge", "ADD", async () => {
        if (node.plugins.history.length === 2) resolve();
        await promise;
        return { exitCode: 1 };
      });
    }

    const outcomes = await Promise.allSettled([
      node.network.attach(node.newTarget()),
      node.network.attach(node.newTarget()),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(node.plugins.history).toEqual(["ADD bridge", "ADD bridge"]);
  });

  it("lets a detach of the same sandbox wait until it has ended", async () => {
    const target = node.newTarget();

    await Promise.all([node.network.attach(target), node.network.detach(target.sandboxId)]);

    expect(node.plugins.history).toEqual(["ADD bridge", "ADD portmap", "DEL portmap", "DEL bridge"]);
  });
});
