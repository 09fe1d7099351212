import { isIP } from "node:net";
import type { PortMapping } from "#spec";
import { fieldInvalid } from "../faults.ts";

const highestPort = 65_535;

/**
 * Refuses ports that no pod can have.
 *
 * @throws Fault `invalid` naming the field
 */
export function assertPortMappings(mappings: readonly PortMapping[]): void {
  const published = new Map<string, number>();
  for (const [index, { protocol, containerPort, hostPort, hostIp }] of mappings.entries()) {
    const field = `port_mappings[${index}]`;
    if (!isPort(containerPort))
      throw fieldInvalid(`${field}.container_port`, `must be 1 to 65535, is ${containerPort}`);
    if (hostPort === 0) continue;
    if (!isPort(hostPort)) throw fieldInvalid(`${field}.host_port`, `must be 0 to 65535, is ${hostPort}`);
    if (!isAddress(hostIp)) throw fieldInvalid(`${field}.host_ip`, `${hostIp} is no IP address`);
    const key = `${protocol} ${hostIp} ${hostPort}`;
    const earlier = published.get(key);
    if (earlier !== undefined) throw fieldInvalid(`${field}.host_port`, `is that of port_mappings[${earlier}] too`);
    published.set(key, index);
  }
}

/** An address of the node, of whichever interface: `%eth0` is of no use here. */
function isAddress(hostIp: string): boolean {
  return hostIp === "" || (isIP(hostIp) !== 0 && !hostIp.includes("%"));
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= highestPort;
}
