import type { SandboxId } from "#foundation";
import type { DnsConfig, PortMapping } from "#spec";

/** A pod's network namespace, and what plugins may want to know about the pod. */
export interface AttachTarget {
  readonly sandboxId: SandboxId;
  /** The pinned network namespace, made by the caller; `lo` in it is the caller's work too. */
  readonly netnsPath: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly podUid: string;
  /** The pod's ports; those without a host port are not passed on. */
  readonly portMappings: readonly PortMapping[];
  readonly dns: DnsConfig | undefined;
  /** The pod's annotations: `kubernetes.io/ingress-bandwidth` and `egress-bandwidth` are read from them. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The pod's cgroup; empty when it has none. */
  readonly cgroupPath: string;
  /** Directory of the configuration that it is attached by. @default the node's */
  readonly confDir?: string;
}

/** What a pod got from its network. */
export interface NetworkAttachment {
  readonly networkName: string;
  /** Name inside the pod: "eth0". */
  readonly interfaceName: string;
  /** Addresses without prefix length, the primary one first; never empty. */
  readonly ips: readonly string[];
  /** Hardware address of the interface inside the pod, when the plugins tell it. */
  readonly mac?: string;
  /** The last plugin's result, as it wrote it. */
  readonly result: string;
}

/** An attachment as the cache remembers it, for recovery. Name and path are empty when the record cannot be read. */
export interface RecordedAttachment {
  readonly sandboxId: SandboxId;
  readonly networkName: string;
  readonly interfaceName: string;
  readonly netnsPath: string;
  /** Absent when the attach did not end well: such a sandbox only waits to be detached. */
  readonly attachment?: NetworkAttachment;
}

/** An address that an IPAM plugin has given away. */
export interface AddressLease {
  /** File that says so. */
  readonly path: string;
  readonly address: string;
  /** Id that the plugin was told; it may be another runtime's. */
  readonly holder: SandboxId;
}

/** Where host ports and attachments do not agree. */
export interface HostPortAudit {
  /** Tables of ours that lead to nobody. */
  readonly strays: readonly string[];
  /** Sandboxes whose ports should be published and are not. */
  readonly unpublished: readonly SandboxId[];
}

/** Whether pods can be attached now; `message` is a sentence for `crictl info` and the node's condition. */
export type NetworkReadiness =
  | { readonly isReady: true }
  | { readonly isReady: false; readonly reason: "NetworkPluginNotReady"; readonly message: string };

export interface NetworkActOptions {
  readonly signal?: AbortSignal;
}

/**
 * The pods' network: attaches a network namespace to it, and takes it back.
 *
 * An attach can half-happen, and whoever calls `attach` registers a `detach` as
 * its undo *before*. What was attached stays attached when the network closes
 * or the daemon dies: the cache on disk knows how to detach it later, even when
 * the configuration has changed in between.
 *
 * Acts on one sandbox wait for each other, acts on different ones run in
 * parallel; only garbage collection runs alone.
 */
export interface Network {
  /**
   * Whether pods can be attached, as far as is known now; answers from memory and never waits.
   *
   * @param confDir the directory of a runtime handler's own network; the node's when absent
   */
  readiness(confDir?: string): NetworkReadiness;
  /**
   * Attaches a network namespace; the plugins of the current configuration of its directory run one after the other.
   *
   * @throws Fault `unavailable` when no configuration is usable, or a plugin says "try again later"
   * @throws Fault `exists` when the sandbox is attached, or was and is not detached yet
   * @throws Fault `invalid` on a bandwidth annotation or a pod name that cannot be passed on
   * @throws Fault `broken` (`network.plugin-failed`) when a plugin fails, `timed-out`, `canceled`
   */
  attach(target: AttachTarget, options?: NetworkActOptions): Promise<NetworkAttachment>;
  /**
   * Detaches with the configuration and the result of the attach. A sandbox that is not attached is success,
   * and so is a namespace that has vanished.
   *
   * @throws Fault as `attach` when a plugin fails; the sandbox stays recorded, and detach can be repeated
   */
  detach(sandboxId: SandboxId, options?: NetworkActOptions): Promise<void>;
  /**
   * Asks the plugins whether the attachment still works as it was made. Succeeds where the configuration
   * forbids or does not know the question.
   *
   * @throws Fault `not-found` when the sandbox is not attached; as `attach` when a plugin finds a fault
   */
  check(sandboxId: SandboxId, options?: NetworkActOptions): Promise<void>;
  /** Looks at the configurations and asks all plugins now whether they can attach (CNI STATUS, from 1.1.0 on); answers for the node's. */
  status(options?: NetworkActOptions): Promise<NetworkReadiness>;
  /**
   * Detaches what is recorded and not valid any more, then lets the plugins drop what they hold beyond the valid
   * attachments (CNI GC, from 1.1.0 on). No attach or detach runs meanwhile.
   *
   * @param listValid asked while nothing else runs, so that no sandbox attached just before is missed
   * @throws Fault the first failure, after all have been tried
   */
  collectGarbage(listValid: () => Iterable<SandboxId>, options?: NetworkActOptions): Promise<void>;
  /**
   * Takes over the node's ranges of pod addresses, separated by commas: fills in the template of a configuration, where
   * there is one and the network's configuration is nobody else's.
   *
   * @throws Fault `invalid` on ranges or a template that are none, `not-found` without the template
   */
  usePodCidrs(podCidrs: string): Promise<void>;
  /** What the cache holds, half-made attachments included. */
  attachments(): Promise<readonly RecordedAttachment[]>;
  /** The addresses that are given away on the networks of now, as far as their plugins tell: other runtimes' too. */
  leases(): Promise<readonly AddressLease[]>;
  /**
   * Gives back what plugins hold for a sandbox that is not remembered any more. One that is remembered is left alone.
   *
   * @throws Fault `unavailable` when no configuration is usable; as `detach`
   */
  forgetLeases(sandboxId: SandboxId, options?: NetworkActOptions): Promise<void>;
  /** Ids that plugins have rules of iptables for, other runtimes' too: a plugin whose pod lost its namespace leaves them. */
  firewalled(): Promise<ReadonlySet<string>>;
  /** Removes the rules that plugins left for a sandbox that is not remembered any more. One that is remembered is left alone. */
  removeFirewallRules(sandboxId: SandboxId): Promise<void>;
  /** Compares the host ports that crisp itself published with the attachments. */
  auditHostPorts(): Promise<HostPortAudit>;
  /** Withdraws the host ports that lead to nobody. */
  withdrawStrayHostPorts(): Promise<void>;
  /** Publishes a sandbox's host ports as its attach did; one that is not attached, or has none, is success. */
  publishHostPorts(sandboxId: SandboxId, options?: NetworkActOptions): Promise<void>;
  /** Stops watching the configuration; attachments stay. */
  close(): Promise<void>;
}
