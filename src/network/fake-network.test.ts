import { describe, expect, it } from "vitest";
import { Fault, newSandboxId } from "#foundation";
import { networkContract } from "../../test/contracts/network-contract.ts";
import { FakeNetwork } from "./fake-network.ts";
import type { AttachTarget } from "./types.ts";

function newTarget(): AttachTarget {
  return {
    sandboxId: newSandboxId(),
    netnsPath: "/run/netns/x",
    podName: "web",
    podNamespace: "default",
    podUid: "4711",
    portMappings: [],
    dns: undefined,
    annotations: {},
    cgroupPath: "",
  };
}

networkContract("FakeNetwork", async () => ({
  network: new FakeNetwork(),
  newTarget: async () => newTarget(),
  close: async () => undefined,
}));

describe("FakeNetwork", () => {
  it("fails an attach after it took effect in half, as plugins do", async () => {
    const network = new FakeNetwork();
    const target = newTarget();
    network.failNext("attach", new Fault("broken", "no addresses left"));

    await expect(network.attach(target)).rejects.toThrow("no addresses left");
    expect(await network.attachments()).toMatchObject([{ sandboxId: target.sandboxId }]);
    await network.detach(target.sandboxId);
    expect(await network.attachments()).toEqual([]);
    expect(network.calls).toEqual([`attach ${target.sandboxId}`, `detach ${target.sandboxId}`]);
  });

  it("attaches nothing while it is not ready", async () => {
    const network = new FakeNetwork();
    network.setReadiness({ isReady: false, reason: "NetworkPluginNotReady", message: "no network configuration" });

    await expect(network.attach(newTarget())).rejects.toMatchObject({
      kind: "unavailable",
      message: "no network configuration",
    });
  });
});
