import { isIP } from "node:net";
import type { CniAddress, IpProtocol, PortMapping } from "#spec";
import { hostPortOnIpv6Loopback, noFamilyForHostPort } from "../faults.ts";

/** A port of the node that leads to one address of a pod. */
export interface PublishedPort {
  readonly protocol: IpProtocol;
  readonly hostPort: number;
  /** The address of the node that counts; empty: all of the target's family. */
  readonly hostIp: string;
  readonly containerPort: number;
  readonly target: CniAddress;
}

/** The mappings that ask for a port of the node. */
export function withHostPort(mappings: readonly PortMapping[]): readonly PortMapping[] {
  return mappings.filter(({ hostPort }) => hostPort > 0);
}

/**
 * Says which ports of the node lead to which addresses of a pod. A mapping without an address of the node counts for
 * every family that the pod has; `0.0.0.0` and `::` stand for all addresses of their own.
 *
 * @throws Fault `invalid` when a mapping is about a family that the pod has no address of; `unsupported` on ::1
 */
export function planHostPorts(
  mappings: readonly PortMapping[],
  addresses: readonly CniAddress[],
): readonly PublishedPort[] {
  const targets = firstOfEachFamily(addresses);
  return mappings.flatMap(({ protocol, hostPort, containerPort, hostIp }) => {
    const wanted = familyOf(hostIp);
    const matching = targets.filter(({ family }) => wanted === undefined || family === wanted);
    if (matching.length === 0) throw noFamilyForHostPort(hostPort, hostIp);
    if (isIpv6Loopback(hostIp)) throw hostPortOnIpv6Loopback(hostPort);
    const address = isUnspecified(hostIp) ? "" : hostIp;
    return matching.map((target) => ({ protocol, hostPort, hostIp: address, containerPort, target }));
  });
}

/** The kernel never sends from ::1 to another machine, and has no switch for it as it has for 127.0.0.1. */
function isIpv6Loopback(hostIp: string): boolean {
  return isIP(hostIp) === 6 && /^[0:]*:0*1$/.test(hostIp);
}

function firstOfEachFamily(addresses: readonly CniAddress[]): readonly CniAddress[] {
  const families = ["ipv4", "ipv6"] as const;
  return families.flatMap((family) => addresses.find((address) => address.family === family) ?? []);
}

function familyOf(hostIp: string): CniAddress["family"] | undefined {
  const version = isIP(hostIp);
  return version === 0 ? undefined : version === 4 ? "ipv4" : "ipv6";
}

/** `0.0.0.0`, and `::` however long it is written. */
function isUnspecified(hostIp: string): boolean {
  return hostIp === "" || /^[0.:]+$/.test(hostIp);
}
