import type { SandboxId } from "#foundation";
import type { AddressLease, HostPortAudit, RecordedAttachment } from "#network";
import type { SandboxRecord } from "../../records.ts";
import { hasPodNetwork } from "../../sandbox/network.ts";
import type { PlannedFinding, SteadyRecords } from "../types.ts";

export interface ObservedNetwork {
  readonly attachments: readonly RecordedAttachment[];
  readonly leases: readonly AddressLease[];
  readonly hostPorts: HostPortAudit;
  /** Ids that there are rules of iptables for. */
  readonly firewalled: ReadonlySet<string>;
  /** What the plugins said against attachments (CNI CHECK). */
  readonly refusals: ReadonlyMap<SandboxId, string>;
  /** Whether no other runtime has pods on these networks. */
  readonly ownsNetworks: boolean;
}

/** Where attachments, addresses and host ports do not agree with the pods. Pure. */
export function planNetwork(records: SteadyRecords, observed: ObservedNetwork): readonly PlannedFinding[] {
  const { attachments, leases, hostPorts } = observed;
  const ready = records.sandboxes.filter((sandbox) => sandbox.status.phase === "ready" && hasPodNetwork(sandbox));
  const attached = new Set(attachments.map(({ sandboxId }) => sandboxId));
  const strays = attachments.filter(({ sandboxId }) => !records.isKnown(sandboxId));
  return [
    ...strays.map(strayAttachment),
    ...leases
      .filter(({ holder }) => !records.isKnown(holder) && !attached.has(holder))
      .flatMap((lease) => strayLease(lease, records, observed)),
    ...[...observed.firewalled]
      .filter((id) => !records.isKnown(id) && !attached.has(id as SandboxId) && records.wasOurs(id))
      .map(strayRules),
    ...ready.flatMap((sandbox) => planPod(sandbox, attached, observed)),
    ...hostPorts.strays.filter((table) => !records.isKnown(table.slice(-idLength))).map(strayTable),
  ];
}

const idLength = 64;

function planPod(
  sandbox: SandboxRecord,
  attached: ReadonlySet<SandboxId>,
  { refusals, hostPorts, leases }: ObservedNetwork,
): readonly PlannedFinding[] {
  const { id } = sandbox;
  if (!attached.has(id)) return [notAttached(sandbox)];
  const refusal = refusals.get(id);
  return [
    ...(refusal === undefined ? [] : [checkFailed(sandbox, refusal)]),
    ...(hostPorts.unpublished.includes(id) ? [notPublished(sandbox)] : []),
    ...planAddresses(sandbox, leases),
  ];
}

/** Only where the plugin tells of leases at all. */
function planAddresses(sandbox: SandboxRecord, leases: readonly AddressLease[]): readonly PlannedFinding[] {
  const ips = sandbox.status.phase === "ready" ? sandbox.status.ips : [];
  return ips.flatMap((ip) => {
    const other = leases.find(({ address, holder }) => address === ip && holder !== sandbox.id);
    return other === undefined ? [] : [addressShared(sandbox, other)];
  });
}

function strayAttachment({ sandboxId, networkName }: RecordedAttachment): PlannedFinding {
  return {
    severity: "problem",
    where: sandboxId,
    what: `attached to network ${networkName === "" ? "(unreadable)" : networkName}, and there is no such pod`,
    why: "it holds an address that no other pod gets",
    advice: "repair it; crispd tries so by itself at its start and once an hour",
    mend: { do: "detach", id: sandboxId },
  };
}

/** On a network that others use too, an id that was never ours is theirs. */
function strayLease(
  { path, address, holder }: AddressLease,
  { wasOurs }: SteadyRecords,
  { ownsNetworks }: ObservedNetwork,
): readonly PlannedFinding[] {
  if (!ownsNetworks && !wasOurs(holder)) return [];
  return [
    {
      severity: "warning",
      where: path,
      what: `address ${address} is given away to ${holder}, and there is no such pod`,
      why: "no other pod gets it; when all are gone, no pod can start",
      advice: "repair it, or remove the file",
      mend: { do: "forget-leases", id: holder },
    },
  ];
}

function strayRules(id: string): PlannedFinding {
  return {
    severity: "warning",
    where: `iptables ${id}`,
    what: "network plugins left rules of a pod that is gone",
    why: "each connection of the node goes through them, and they rewrite traffic of the next pod with that address",
    advice: "repair it, or remove the rules (iptables -t nat)",
    mend: { do: "remove-firewall-rules", id: id as SandboxId },
  };
}

function notAttached(sandbox: SandboxRecord): PlannedFinding {
  return {
    severity: "problem",
    where: sandbox.id,
    what: `of the network of ${nameOf(sandbox)} nothing is remembered`,
    why: "when it stops, its address cannot be given back",
    advice: "find out who removes files in crisp's directory network; then delete the pod",
  };
}

function checkFailed(sandbox: SandboxRecord, refusal: string): PlannedFinding {
  return {
    severity: "problem",
    where: sandbox.id,
    what: `the network of ${nameOf(sandbox)} is not as it was made: ${refusal}`,
    why: "the pod may be cut off, in whole or in part",
    advice: "look at interface, routes and rules that it names; delete the pod, and its owner makes another",
  };
}

function notPublished(sandbox: SandboxRecord): PlannedFinding {
  return {
    severity: "problem",
    where: sandbox.id,
    what: `the host ports of ${nameOf(sandbox)} are not published any more`,
    why: "nobody reaches the pod by them",
    advice: "find out who removes nftables tables (a firewall's restart does)",
    mend: { do: "publish-host-ports", id: sandbox.id },
  };
}

function addressShared(sandbox: SandboxRecord, { address, holder, path }: AddressLease): PlannedFinding {
  return {
    severity: "problem",
    where: path,
    what: `address ${address} of ${nameOf(sandbox)} is given away to ${holder}`,
    why: "two pods have one address, and each gets traffic of the other",
    advice: "delete one of them, and find out who removes leases",
  };
}

function strayTable(table: string): PlannedFinding {
  return {
    severity: "problem",
    where: `nftables table inet ${table}`,
    what: "it publishes host ports of a pod that is gone",
    why: "it sends what arrives at these ports to an address that may be another pod's by now",
    advice: "repair it, or delete the table (nft delete table)",
    mend: { do: "withdraw-stray-host-ports" },
  };
}

function nameOf({ config }: SandboxRecord): string {
  return `pod ${config.metadata.namespace}/${config.metadata.name}`;
}
