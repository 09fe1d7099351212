import { afterEach, describe, expect, it } from "vitest";
import { Fault, newSandboxId } from "#foundation";
import { bridgeAndPortmap, type FakeNode, openFakeNode } from "./fake-node.ts";

const version11 = { ...bridgeAndPortmap, cniVersion: "1.1.0" };

describe("collectGarbage()", () => {
  let node: FakeNode;

  afterEach(() => node.network.close());

  it("tells plugins of 1.1.0 which attachments are valid, under both names of the field", async () => {
    node = await openFakeNode({ configs: { "10.conflist": version11 } });
    const target = node.newTarget();
    await node.network.attach(target);

    await node.network.collectGarbage(() => [target.sandboxId]);

    expect(node.plugins.history.slice(-2)).toEqual(["GC bridge", "GC portmap"]);
    const attachments = [{ containerID: target.sandboxId, ifname: "eth0" }];
    expect(node.plugins.lastCall("bridge", "GC").request).toMatchObject({
      type: "bridge",
      "cni.dev/valid-attachments": attachments,
      "cni.dev/attachments": attachments,
    });
  });

  it("asks no plugins before 1.1.0, nor those of a network that forbids it", async () => {
    node = await openFakeNode();
    const forbidden = await openFakeNode({ configs: { "10.conflist": { ...version11, disableGC: true } } });

    await node.network.collectGarbage(() => []);
    await forbidden.network.collectGarbage(() => []);
    await forbidden.network.close();

    expect([...node.plugins.history, ...forbidden.plugins.history]).not.toContain("GC bridge");
  });

  it("tries everything and then fails as the first did", async () => {
    node = await openFakeNode({ configs: { "10.conflist": version11 } });
    const stale = node.newTarget();
    await node.network.attach(stale);
    node.plugins.next("bridge", "DEL", () => ({ exitCode: 1, stdout: '{"code":999,"msg":"no"}' }));
    node.plugins.next("bridge", "GC", () => ({ exitCode: 1 }));

    await expect(node.network.collectGarbage(() => [])).rejects.toThrow(
      `detach sandbox ${stale.sandboxId.slice(0, 12)} from network pods: plugin bridge: DEL: no`,
    );
    expect(node.plugins.history.slice(-2)).toEqual(["GC bridge", "GC portmap"]);
  });

  it("asks what is valid only after running attaches have ended, and holds new ones back", async () => {
    node = await openFakeNode({ configs: { "10.conflist": version11 } });
    const [first, second] = [node.newTarget(), node.newTarget()];
    const asked: string[] = [];

    const attaching = node.network.attach(first);
    const collecting = node.network.collectGarbage(() => {
      asked.push(node.plugins.history.join());
      return [first.sandboxId];
    });
    const held = node.network.attach(second);
    await Promise.all([attaching, collecting, held]);

    const opened = "STATUS bridge,STATUS portmap";
    expect(asked).toEqual([`${opened},ADD bridge,ADD portmap`]);
    expect(node.plugins.history.join()).toBe(`${asked[0]},GC bridge,GC portmap,ADD bridge,ADD portmap`);
    expect(node.plugins.leases.size).toBe(2);
  });
});

describe("check()", () => {
  let node: FakeNode;

  afterEach(() => node.network.close());

  it("gives every plugin the final result", async () => {
    node = await openFakeNode();
    const target = node.newTarget();
    const { result } = await node.network.attach(target);

    await node.network.check(target.sandboxId);

    const prevResult: unknown = JSON.parse(result);
    expect(node.plugins.history.slice(2)).toEqual(["CHECK bridge", "CHECK portmap"]);
    expect(node.plugins.lastCall("bridge", "CHECK").request["prevResult"]).toEqual(prevResult);
  });

  it("says what a plugin finds", async () => {
    node = await openFakeNode();
    const target = node.newTarget();
    await node.network.attach(target);
    node.plugins.next("bridge", "CHECK", () => ({ exitCode: 1, stdout: '{"code":102,"msg":"eth0 is gone"}' }));

    await expect(node.network.check(target.sandboxId)).rejects.toThrow(
      `check sandbox ${target.sandboxId.slice(0, 12)}: plugin bridge: CHECK: eth0 is gone`,
    );
  });

  it.each([{ disableCheck: true }, { cniVersion: "0.3.1" }])("asks nobody with %j", async (change) => {
    node = await openFakeNode({ configs: { "10.conflist": { ...bridgeAndPortmap, ...change } } });
    const target = node.newTarget();
    await node.network.attach(target);

    await node.network.check(target.sandboxId);

    expect(node.plugins.history).toEqual(["ADD bridge", "ADD portmap"]);
  });

  it("knows no sandbox whose attach failed", async () => {
    node = await openFakeNode();
    const target = node.newTarget();
    node.plugins.next("portmap", "ADD", () => ({ exitCode: 1 }));
    await expect(node.network.attach(target)).rejects.toBeInstanceOf(Fault);

    await expect(node.network.check(target.sandboxId)).rejects.toMatchObject({ kind: "not-found" });
    await expect(node.network.check(newSandboxId())).rejects.toMatchObject({ kind: "not-found" });
  });
});
