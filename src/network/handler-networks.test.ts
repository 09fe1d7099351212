import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bridgeAndPortmap, type FakeNode, openFakeNode } from "./fake-node.ts";

const lanDir = "/etc/cni/lan.d";
const lan = { ...bridgeAndPortmap, cniVersion: "1.1.0", name: "lan" };

describe("a network of handlers' own", () => {
  let node: FakeNode;
  const handlerConfDirs: string[] = [];

  beforeEach(async () => {
    handlerConfDirs.splice(0, Infinity, lanDir);
    node = await openFakeNode({ handlerConfDirs });
  });

  afterEach(() => node.network.close());

  async function writeLan(): Promise<void> {
    await node.host.files.makeDirectory(lanDir);
    await node.host.files.write(`${lanDir}/10-lan.conflist`, JSON.stringify(lan));
  }

  it("is not ready by itself, which the node's readiness does not depend on", async () => {
    const target = node.newTarget({ confDir: lanDir });

    expect(node.network.readiness()).toEqual({ isReady: true });
    expect(node.network.readiness(lanDir)).toMatchObject({ message: `no network configuration in ${lanDir}` });
    await expect(node.network.attach(target)).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("gets ready as its directory changes, and has the pods that ask for it", async () => {
    await writeLan();
    await vi.waitFor(() => expect(node.network.readiness(lanDir)).toEqual({ isReady: true }));

    const inLan = await node.network.attach(node.newTarget({ confDir: lanDir }));
    const onNode = await node.network.attach(node.newTarget());

    expect([inLan.networkName, onNode.networkName]).toEqual(["lan", "pods"]);
  });

  it("is what its pods are detached from, also when neither options nor directory name it any more", async () => {
    await writeLan();
    const target = node.newTarget({ confDir: lanDir });
    await node.network.attach(target);
    await node.network.close();
    await node.host.files.remove(lanDir);
    const again = await node.reopen({ handlerConfDirs: [] });

    await again.detach(target.sandboxId);
    await again.close();

    expect(node.plugins.lastCall("bridge", "DEL").request["name"]).toBe("lan");
    expect(node.plugins.leases.size).toBe(0);
  });

  it("is asked about its status and its garbage, as the node's", async () => {
    await writeLan();
    await node.network.status();
    await node.network.collectGarbage(() => []);

    expect(node.plugins.history).toEqual(["STATUS bridge", "STATUS portmap", "GC bridge", "GC portmap"]);
  });

  it("is let go of when the options do not name it any more", async () => {
    await writeLan();
    await node.network.status();
    handlerConfDirs.length = 0;
    await node.network.status();
    await node.network.collectGarbage(() => []);

    expect(node.plugins.history).not.toContain("GC bridge");
  });
});
