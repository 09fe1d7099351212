import { afterEach, describe, expect, it } from "vitest";
import { binDir, bridgeAndPortmap, confDir, type FakeNode, openFakeNode, writeConfig } from "./fake-node.ts";
import type { NetworkReadiness } from "./types.ts";

const version11 = { ...bridgeAndPortmap, cniVersion: "1.1.0" };
const ready = { isReady: true };

function notReady(message: string): NetworkReadiness {
  return { isReady: false, reason: "NetworkPluginNotReady", message };
}

describe("readiness()", () => {
  let node: FakeNode;

  afterEach(() => node.network.close());

  it("names the directory that holds no configuration", async () => {
    node = await openFakeNode({ configs: {} });

    expect(node.network.readiness()).toEqual(notReady(`no network configuration in ${confDir}`));
    await expect(node.network.attach(node.newTarget())).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/^attach sandbox [0-9a-f]{12}: no network configuration in /) as string,
    });
  });

  it("becomes ready when a configuration comes, also before the watch has told of it", async () => {
    node = await openFakeNode({ configs: {} });
    await writeConfig(node.host, "10-pods.conflist", bridgeAndPortmap);

    await expect(node.network.attach(node.newTarget())).resolves.toMatchObject({ networkName: "pods" });
    expect(node.network.readiness()).toEqual(ready);
  });

  it("follows the configuration as it changes", async () => {
    node = await openFakeNode();
    await writeConfig(node.host, "05-other.conf", { cniVersion: "0.4.0", name: "other", type: "bridge" });

    await expect.poll(async () => (await node.network.attach(node.newTarget())).networkName).toBe("other");
    await node.host.files.remove(confDir);

    await expect.poll(() => node.network.readiness()).toMatchObject({ isReady: false });
  });

  it("takes the first valid file in order of names, whatever it ends in", async () => {
    const single = { cniVersion: "1.0.0", type: "bridge" };
    node = await openFakeNode({
      configs: {
        "00-readme.txt": { ...single, name: "text" },
        "10-broken.conflist": "{",
        "20-single.json": { ...single, name: "first" },
        "30-list.conflist": bridgeAndPortmap,
      },
    });

    await expect(node.network.attach(node.newTarget())).resolves.toMatchObject({ networkName: "first" });
  });

  it("names what is wrong with files when none is valid", async () => {
    node = await openFakeNode({
      configs: { "10-a.conf": "{}", "20-b.conflist": { ...bridgeAndPortmap, plugins: [] } },
    });

    expect(node.network.readiness()).toEqual(
      notReady(
        `no valid network configuration in ${confDir}: 10-a.conf: name is missing; ` +
          "20-b.conflist: plugins is not a list of plugins",
      ),
    );
  });

  it("names a plugin whose program is missing, and becomes ready when it comes", async () => {
    const plugins = [{ type: "cilium-cni" }];
    node = await openFakeNode({ configs: { "05-cilium.conflist": { ...bridgeAndPortmap, plugins } } });
    expect(node.network.readiness()).toEqual(
      notReady(
        `network pods (${confDir}/05-cilium.conflist): plugin cilium-cni: not found in /usr/local/lib/cni, ${binDir}`,
      ),
    );
    await node.plugins.install(binDir, "cilium-cni");

    await expect.poll(() => node.network.readiness()).toEqual(ready);
  });

  it("notices a program that has gone when an attach needs it, and finds it in another place", async () => {
    node = await openFakeNode();
    await node.plugins.uninstall(binDir, "bridge");
    await expect(node.network.attach(node.newTarget())).rejects.toMatchObject({
      kind: "unavailable",
      reason: { code: "network.plugin-not-runnable", path: `${binDir}/bridge` },
    });
    await expect.poll(() => node.network.readiness()).toMatchObject({ isReady: false });
    await node.plugins.install("/usr/local/lib/cni", "bridge");

    await expect(node.network.attach(node.newTarget())).resolves.toMatchObject({ networkName: "pods" });
  });

  it("adds the plugins of the directory that is named after the network", async () => {
    node = await openFakeNode({ configs: {} });
    await node.host.files.makeDirectory(`${confDir}/pods`);
    await node.host.files.write(`${confDir}/pods/10-tuning.conf`, '{"type":"tuning"}');
    await node.plugins.install(binDir, "tuning");
    await writeConfig(node.host, "10-pods.conflist", bridgeAndPortmap);

    await node.network.attach(node.newTarget());
    expect(node.plugins.history).toEqual(["ADD bridge", "ADD portmap", "ADD tuning"]);

    await writeConfig(node.host, "10-pods.conflist", { ...bridgeAndPortmap, loadOnlyInlinedPlugins: true });
    await node.network.status();
    await node.network.attach(node.newTarget());
    expect(node.plugins.history.slice(3)).toEqual(["ADD bridge", "ADD portmap"]);
  });

  it("asks plugins of 1.1.0 for their status before it opens", async () => {
    node = await openFakeNode({ configs: { "10.conflist": version11 } });

    expect(node.network.readiness()).toEqual(ready);
    expect(node.plugins.history).toEqual(["STATUS bridge", "STATUS portmap"]);
    expect(node.plugins.lastCall("bridge", "STATUS").variables).toEqual({
      COMMAND: "STATUS",
      PATH: `/usr/local/lib/cni:${binDir}`,
    });
  });

  it("asks again only after the answer has grown old, and without waiting", async () => {
    node = await openFakeNode({ configs: { "10.conflist": version11 }, statusMaxAgeMs: 10 });
    node.plugins.next("bridge", "STATUS", () => ({ exitCode: 1, stdout: '{"code":50,"msg":"agent is down"}' }));

    expect(node.network.readiness()).toEqual(ready);
    expect(node.plugins.history).toHaveLength(2);
    node.clock.now = 10_000_001n;
    expect(node.network.readiness()).toEqual(ready);

    await expect
      .poll(() => node.network.readiness())
      .toEqual(notReady("network pods: plugin bridge: STATUS: agent is down"));
    await expect(node.network.status()).resolves.toEqual(ready);
  });

  it("attaches although a plugin says that it is not ready, because only ADD knows", async () => {
    node = await openFakeNode({ configs: {} });
    node.plugins.next("bridge", "STATUS", () => ({ exitCode: 1, stdout: '{"code":50,"msg":"agent is down"}' }));
    await writeConfig(node.host, "10.conflist", version11);
    await expect(node.network.status()).resolves.toMatchObject({ isReady: false });

    await expect(node.network.attach(node.newTarget())).resolves.toMatchObject({ networkName: "pods" });
  });

  it("asks the plugins of a new configuration, also when those of the old one took long to answer", async () => {
    node = await openFakeNode({ configs: { "10.conflist": version11 } });
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    node.plugins.next("bridge", "STATUS", async () => {
      await answered;
      return { exitCode: 0 };
    });
    const asking = node.network.status();
    await expect.poll(() => node.plugins.history).toHaveLength(3);
    await writeConfig(node.host, "05.conflist", { ...version11, name: "newer" });
    await expect
      .poll(() => node.network.readiness())
      .toEqual(notReady("network newer: plugins have not answered STATUS yet"));

    answer();
    await asking;

    await expect.poll(() => node.network.readiness()).toEqual(ready);
    expect(node.plugins.lastCall("bridge", "STATUS").request["name"]).toBe("newer");
  });

  it("does not wait for a status that hangs when it closes", async () => {
    node = await openFakeNode({ configs: { "10.conflist": version11 }, statusMaxAgeMs: 0 });
    node.plugins.next("bridge", "STATUS", async (process) => await process.ended);
    node.clock.now = 1n;
    node.network.readiness();
    await expect.poll(() => node.host.processes.running).toHaveLength(1);

    await node.network.close();

    expect(node.host.processes.running).toEqual([]);
  });
});
