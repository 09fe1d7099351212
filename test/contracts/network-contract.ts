import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fault, newSandboxId, type SandboxId } from "#foundation";
import type { AttachTarget, Network } from "#network";

/** A network to be judged, and pods to attach to it. */
export interface NetworkUnderTest {
  readonly network: Network;
  /** A pod that is not attached, its network namespace made. */
  newTarget(): Promise<AttachTarget>;
  /** Takes everything back, attachments that a failed case left included. */
  close(): Promise<void>;
}

/** What every network promises to those who use it. */
export function networkContract(name: string, open: () => Promise<NetworkUnderTest>): void {
  describe(`${name} keeps the network contract`, () => {
    let subject: NetworkUnderTest;
    let network: Network;

    beforeEach(async () => {
      subject = await open();
      network = subject.network;
    });

    afterEach(async () => {
      await subject.close();
    });

    it("is ready, and says the same when it asks its plugins", async () => {
      expect(network.readiness()).toEqual({ isReady: true });
      await expect(network.status()).resolves.toEqual({ isReady: true });
    });

    it("gives a pod an address on eth0", async () => {
      const attachment = await network.attach(await subject.newTarget());

      expect(attachment.interfaceName).toBe("eth0");
      expect(attachment.ips[0]).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect(JSON.parse(attachment.result)).toHaveProperty("cniVersion");
    });

    it("gives pods that come at once different addresses", async () => {
      const targets = await Promise.all([subject.newTarget(), subject.newTarget(), subject.newTarget()]);

      const attached = await Promise.all(targets.map((target) => network.attach(target)));

      expect(new Set(attached.map(({ ips }) => ips[0])).size).toBe(3);
    });

    it("remembers an attachment until it is detached", async () => {
      const target = await subject.newTarget();
      const attachment = await network.attach(target);

      const recorded = await network.attachments();
      await network.detach(target.sandboxId);

      const { sandboxId, netnsPath } = target;
      const { networkName, interfaceName } = attachment;
      expect(recorded).toEqual([{ sandboxId, netnsPath, networkName, interfaceName, attachment }]);
      expect(await network.attachments()).toEqual([]);
    });

    it("refuses to attach a sandbox twice, until it is detached", async () => {
      const target = await subject.newTarget();
      await network.attach(target);

      await expect(network.attach(target)).rejects.toMatchObject({ kind: "exists" });
      await network.detach(target.sandboxId);
      await expect(network.attach(target)).resolves.toHaveProperty("ips");
    });

    it("detaches twice, and what was never attached", async () => {
      const target = await subject.newTarget();
      await network.attach(target);

      await network.detach(target.sandboxId);
      await network.detach(target.sandboxId);
      await network.detach(newSandboxId());

      expect(await network.attachments()).toEqual([]);
    });

    it("checks what is attached, and nothing else", async () => {
      const target = await subject.newTarget();
      await expect(network.check(target.sandboxId)).rejects.toMatchObject({ kind: "not-found" });

      await network.attach(target);

      await expect(network.check(target.sandboxId)).resolves.toBeUndefined();
    });

    it("leaves nothing of an attach that was canceled before it began", async () => {
      const signal = AbortSignal.abort(new Fault("canceled", "the caller has gone"));

      await expect(network.attach(await subject.newTarget(), { signal })).rejects.toMatchObject({ kind: "canceled" });
      expect(await network.attachments()).toEqual([]);
    });

    it("detaches as garbage what is not valid, and keeps what is", async () => {
      const [kept, stale] = [await subject.newTarget(), await subject.newTarget()];
      await network.attach(kept);
      await network.attach(stale);

      await network.collectGarbage(() => [kept.sandboxId]);

      expect((await network.attachments()).map(({ sandboxId }): SandboxId => sandboxId)).toEqual([kept.sandboxId]);
      await expect(network.check(kept.sandboxId)).resolves.toBeUndefined();
    });
  });
}
