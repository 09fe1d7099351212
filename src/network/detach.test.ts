import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bridgeAndPortmap, cacheDir, confDir, type FakeNode, openFakeNode, writeConfig } from "./fake-node.ts";
import type { AttachTarget } from "./types.ts";

describe("detach()", () => {
  let node: FakeNode;
  let target: AttachTarget;

  beforeEach(async () => {
    node = await openFakeNode();
    const portMappings = [{ protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "" }] as const;
    target = node.newTarget({ portMappings });
  });

  afterEach(() => node.network.close());

  it("runs the plugins in reverse order, each with the final result and what ADD was told", async () => {
    const { result } = await node.network.attach(target);

    await node.network.detach(target.sandboxId);

    expect(node.plugins.history.slice(2)).toEqual(["DEL portmap", "DEL bridge"]);
    const [added, deleted] = [node.plugins.lastCall("portmap", "ADD"), node.plugins.lastCall("portmap", "DEL")];
    expect(deleted.variables["ARGS"]).toBe(added.variables["ARGS"]);
    const prevResult: unknown = JSON.parse(result);
    expect(deleted.request).toEqual({ ...added.request, prevResult });
    expect(node.plugins.lastCall("bridge", "DEL").request["prevResult"]).toEqual(prevResult);
    expect(node.host.files.pathsBelow(cacheDir)).toEqual([]);
  });

  it("is not followed by a file that a daemon left which was killed while it remembered the sandbox", async () => {
    await node.network.attach(target);
    await node.network.close();
    await node.host.files.write(`${cacheDir}/.${target.sandboxId}.intent.json.0123456789ab.tmp`, "{");

    const network = await node.reopen();
    await network.detach(target.sandboxId);

    expect(node.host.files.pathsBelow(cacheDir)).toEqual([]);
    await network.close();
  });

  it("uses the configuration of the attach after it has changed and the daemon was started again", async () => {
    await node.network.attach(target);
    await node.network.close();
    await writeConfig(node.host, "10-pods.conflist", {
      ...bridgeAndPortmap,
      name: "other",
      plugins: [{ type: "portmap" }],
    });

    const network = await node.reopen();
    await network.detach(target.sandboxId);
    await network.close();

    expect(node.plugins.history.slice(2)).toEqual(["DEL portmap", "DEL bridge"]);
    expect(node.plugins.lastCall("bridge", "DEL").request).toMatchObject({ name: "pods", bridge: "cni0" });
  });

  it("works while no configuration is left", async () => {
    await node.network.attach(target);
    await node.network.close();
    await node.host.files.remove(confDir);

    const network = await node.reopen();
    await network.detach(target.sandboxId);
    await network.close();

    expect(node.plugins.leases.size).toBe(0);
  });

  it("says that the namespace has vanished by an empty CNI_NETNS", async () => {
    await node.network.attach(target);

    await node.network.detach(target.sandboxId);

    expect(node.plugins.lastCall("bridge", "DEL").variables["NETNS"]).toBe("");
  });

  it("takes back an attach that failed in the middle, without a result", async () => {
    node.plugins.next("portmap", "ADD", () => ({ exitCode: 1 }));
    await expect(node.network.attach(target)).rejects.toThrow("plugin portmap");

    await node.network.detach(target.sandboxId);

    expect(node.plugins.history.slice(2)).toEqual(["DEL portmap", "DEL bridge"]);
    expect(node.plugins.lastCall("bridge", "DEL").request).not.toHaveProperty("prevResult");
    expect(node.plugins.leases.size).toBe(0);
  });

  it("asks again when a plugin fails on what a cut off attach had not made", async () => {
    node.plugins.next("portmap", "ADD", () => ({ exitCode: 1 }));
    await expect(node.network.attach(target)).rejects.toThrow("plugin portmap");
    node.plugins.next("bridge", "DEL", () => ({ exitCode: 1, stdout: '{"code":999,"msg":"no such chain"}' }));

    await node.network.detach(target.sandboxId);

    expect(node.plugins.history.slice(2)).toEqual(["DEL portmap", "DEL bridge", "DEL portmap", "DEL bridge"]);
    expect([await node.network.attachments(), node.plugins.leases.size]).toEqual([[], 0]);
  });

  it("stops at a plugin that fails, and can be repeated", async () => {
    await node.network.attach(target);
    node.plugins.next("portmap", "DEL", () => ({ exitCode: 1, stdout: '{"code":999,"msg":"iptables is locked"}' }));

    const act = `detach sandbox ${target.sandboxId.slice(0, 12)} from network pods`;
    await expect(node.network.detach(target.sandboxId)).rejects.toMatchObject({
      kind: "broken",
      message: `${act}: plugin portmap: DEL: iptables is locked`,
    });
    expect(await node.network.attachments()).toMatchObject([{ sandboxId: target.sandboxId, networkName: "pods" }]);
    await node.network.detach(target.sandboxId);
    expect(await node.network.attachments()).toEqual([]);
    expect(node.plugins.leases.size).toBe(0);
  });

  it("runs no plugin for a sandbox that is not attached", async () => {
    await node.network.detach(target.sandboxId);

    expect(node.plugins.history).toEqual([]);
  });

  it("does without a result that a loss of power has cut off", async () => {
    await node.network.attach(target);
    await node.host.files.write(`${cacheDir}/${target.sandboxId}.result.json`, '{"cniVersion":"1.0');

    await node.network.detach(target.sandboxId);

    expect(node.plugins.lastCall("bridge", "DEL").request).not.toHaveProperty("prevResult");
  });

  it("uses the configuration of now when a loss of power has emptied the intent", async () => {
    await node.network.attach(target);
    await node.host.files.write(`${cacheDir}/${target.sandboxId}.intent.json`, "");

    const recorded = await node.network.attachments();
    await node.network.detach(target.sandboxId);

    const { sandboxId } = target;
    expect(recorded).toEqual([{ sandboxId, networkName: "", interfaceName: "eth0", netnsPath: "" }]);
    expect(node.plugins.lastCall("bridge", "DEL").variables).toMatchObject({ CONTAINERID: sandboxId, IFNAME: "eth0" });
    expect(node.plugins.leases.size).toBe(0);
    expect(node.host.files.pathsBelow(cacheDir)).toEqual([]);
  });

  it("gives plugins before 0.4.0 no result", async () => {
    const old = await openFakeNode({ configs: { "10.conflist": { ...bridgeAndPortmap, cniVersion: "0.3.1" } } });
    await old.network.attach(target);

    await old.network.detach(target.sandboxId);
    await old.network.close();

    expect(old.plugins.lastCall("portmap", "ADD").request).toHaveProperty("prevResult");
    expect(old.plugins.lastCall("portmap", "DEL").request).not.toHaveProperty("prevResult");
  });
});
