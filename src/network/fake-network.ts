import { faultOfAbort, type SandboxId } from "#foundation";
import { podInterfaceName } from "./attachment-parameters.ts";
import { alreadyAttached, networkNotReady, notAttached } from "./faults.ts";
import type {
  AddressLease,
  AttachTarget,
  HostPortAudit,
  Network,
  NetworkActOptions,
  NetworkAttachment,
  NetworkReadiness,
  RecordedAttachment,
} from "./types.ts";

/** Acts of a fake network that can be made to fail. */
export type FakeNetworkAct = "attach" | "detach" | "check" | "collect-garbage";

/** A network in memory, for tests of those who use one: it keeps the contract and remembers what was asked. */
export class FakeNetwork implements Network {
  /** Every act in order: "attach ID". */
  readonly calls: string[] = [];
  /** What `attach` was told, by sandbox; it stays after a detach. */
  readonly targets: Map<SandboxId, AttachTarget> = new Map();
  readonly #recorded = new Map<SandboxId, RecordedAttachment>();
  readonly #failures = new Map<FakeNetworkAct, Error[]>();
  /** Of the node ("") and of directories of handlers' own. */
  readonly #readiness = new Map<string, NetworkReadiness>();
  #lastAddress = 1;

  /** Makes the next act of a kind fail; an attach fails after it took effect in half, as plugins do. */
  failNext(act: FakeNetworkAct, error: Error): void {
    this.#failures.set(act, [...(this.#failures.get(act) ?? []), error]);
  }

  /** Changes what `readiness` answers; attaches fail while it is not ready. */
  setReadiness(readiness: NetworkReadiness, confDir = ""): void {
    this.#readiness.set(confDir, readiness);
  }

  readiness(confDir = ""): NetworkReadiness {
    return this.#readiness.get(confDir) ?? { isReady: true };
  }

  async attach(target: AttachTarget, { signal }: NetworkActOptions = {}): Promise<NetworkAttachment> {
    const { sandboxId, netnsPath } = target;
    this.calls.push(`attach ${sandboxId}`);
    if (signal?.aborted) throw faultOfAbort(`attach sandbox ${sandboxId}`, signal);
    const readiness = this.readiness(target.confDir);
    if (!readiness.isReady) throw networkNotReady(readiness.message);
    if (this.#recorded.has(sandboxId)) throw alreadyAttached(sandboxId);
    this.targets.set(sandboxId, target);
    const known = { sandboxId, networkName: "fake", interfaceName: podInterfaceName, netnsPath };
    this.#recorded.set(sandboxId, known);
    this.#failIfAsked("attach");
    const attachment = this.#newAttachment();
    this.#recorded.set(sandboxId, { ...known, attachment });
    return attachment;
  }

  async detach(sandboxId: SandboxId, { signal }: NetworkActOptions = {}): Promise<void> {
    this.calls.push(`detach ${sandboxId}`);
    if (signal?.aborted) throw faultOfAbort(`detach sandbox ${sandboxId}`, signal);
    if (!this.#recorded.has(sandboxId)) return;
    this.#failIfAsked("detach");
    this.#recorded.delete(sandboxId);
  }

  async check(sandboxId: SandboxId): Promise<void> {
    this.calls.push(`check ${sandboxId}`);
    if (this.#recorded.get(sandboxId)?.attachment === undefined) throw notAttached(sandboxId);
    this.#failIfAsked("check");
  }

  async status(): Promise<NetworkReadiness> {
    return this.readiness();
  }

  async collectGarbage(listValid: () => Iterable<SandboxId>): Promise<void> {
    this.calls.push("collect-garbage");
    this.#failIfAsked("collect-garbage");
    const valid = new Set(listValid());
    for (const sandboxId of this.#recorded.keys()) if (!valid.has(sandboxId)) this.#recorded.delete(sandboxId);
  }

  async usePodCidrs(podCidrs: string): Promise<void> {
    this.calls.push(`use-pod-cidrs ${podCidrs}`);
  }

  async attachments(): Promise<readonly RecordedAttachment[]> {
    return [...this.#recorded.values()];
  }

  async leases(): Promise<readonly AddressLease[]> {
    return [...this.#recorded.values()].flatMap(({ sandboxId, attachment }) =>
      (attachment?.ips ?? []).map((address) => ({ path: `/leases/${address}`, address, holder: sandboxId })),
    );
  }

  async forgetLeases(sandboxId: SandboxId): Promise<void> {
    this.calls.push(`forget leases ${sandboxId}`);
  }

  async firewalled(): Promise<ReadonlySet<string>> {
    return new Set();
  }

  async removeFirewallRules(sandboxId: SandboxId): Promise<void> {
    this.calls.push(`remove firewall rules ${sandboxId}`);
  }

  async auditHostPorts(): Promise<HostPortAudit> {
    return { strays: [], unpublished: [] };
  }

  async withdrawStrayHostPorts(): Promise<void> {
    this.calls.push("withdraw stray host ports");
  }

  async publishHostPorts(sandboxId: SandboxId): Promise<void> {
    this.calls.push(`publish host ports ${sandboxId}`);
  }

  async close(): Promise<void> {
    this.calls.push("close");
  }

  #newAttachment(): NetworkAttachment {
    this.#lastAddress += 1;
    const ip = `10.88.0.${this.#lastAddress}`;
    const result = JSON.stringify({ cniVersion: "1.0.0", ips: [{ address: `${ip}/16` }] });
    return { networkName: "fake", interfaceName: podInterfaceName, ips: [ip], result };
  }

  #failIfAsked(act: FakeNetworkAct): void {
    const error = this.#failures.get(act)?.shift();
    if (error !== undefined) throw error;
  }
}
