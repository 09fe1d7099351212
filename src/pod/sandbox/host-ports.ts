import { isIP } from "node:net";
import type { PortMapping, SandboxConfig } from "#spec";
import { hostPortTaken } from "../faults.ts";
import type { SandboxRecord } from "../records.ts";
import { hasPodNetwork } from "./network.ts";

/**
 * Refuses a port of the node that leads to another pod already: rules would send it to whoever came first, and the second
 * pod would seem to run.
 *
 * A pod has its ports from its first record until its network has been given back. So it does not matter who makes the
 * rules, a CNI plugin or crisp, and a restart changes nothing. To be called where the record is inserted in the same turn.
 *
 * @throws Fault `busy` naming the pod that has the port
 */
export function assertHostPortsFree(sandboxes: Iterable<SandboxRecord>, config: SandboxConfig): void {
  if (!hasPodNetwork({ config })) return;
  const wanted = [...config.portMappings.entries()].filter(([, { hostPort }]) => hostPort > 0);
  if (wanted.length === 0) return;
  for (const owner of sandboxes) {
    if (owner.status.phase === "stopped" || !hasPodNetwork(owner)) continue;
    for (const [index, mapping] of wanted) {
      if (owner.config.portMappings.some((other) => collides(mapping, other))) {
        throw hostPortTaken(`port_mappings[${index}].host_port`, mapping, owner);
      }
    }
  }
}

function collides(one: PortMapping, other: PortMapping): boolean {
  if (one.protocol !== other.protocol || one.hostPort !== other.hostPort) return false;
  const [here, there] = [reachOf(one.hostIp), reachOf(other.hostIp)];
  const isSameFamily = here.family === there.family || here.family === "both" || there.family === "both";
  return isSameFamily && (here.address === "any" || there.address === "any" || here.address === there.address);
}

/** Addresses of the node that a mapping is about. */
interface Reach {
  readonly family: "ipv4" | "ipv6" | "both";
  /** In one way of writing it. */
  readonly address: string;
}

function reachOf(hostIp: string): Reach {
  if (hostIp === "") return { family: "both", address: "any" };
  const isUnspecified = /^[0.:]+$/.test(hostIp);
  if (isIP(hostIp) === 4) return { family: "ipv4", address: isUnspecified ? "any" : hostIp };
  return { family: "ipv6", address: isUnspecified ? "any" : new URL(`http://[${hostIp}]/`).hostname };
}
