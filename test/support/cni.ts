import { writeFile } from "node:fs/promises";
import path from "node:path";
import { directoryIn, type Workspace } from "./workspace.ts";

/** Where Debian's containernetworking-plugins lie. */
export const cniBinDir = "/usr/lib/cni";

export interface CniSetup {
  readonly confDir: string;
  /** Directory of host-local's leases. */
  readonly leases: string;
  /** Directory of plugins of the test's own, which are found before the machine's. */
  readonly ownBinDir?: string;
}

export interface CniShape {
  /** Pods get an IPv6 address too. */
  readonly isDualStack?: boolean;
  /** Host ports are the runtime's to make. */
  readonly hasNoPortmap?: boolean;
}

/** Writes the usual single-node network into the workspace: a bridge with masquerading, and host ports. */
export async function writeCniConfig(workspace: Workspace, shape: CniShape = {}): Promise<CniSetup> {
  const confDir = await directoryIn(workspace, "cni/net.d");
  const leases = path.join(workspace.dir, "cni/leases");
  await writeFile(
    path.join(confDir, "10-bridge.conflist"),
    JSON.stringify(bridgeNetwork(workspace, leases, shape), null, 2),
  );
  return { confDir, leases };
}

/** An IPv6 network with the digits of the workspace's IPv4 one. */
function ipv6SubnetOf({ subnet }: Workspace): string {
  const [, second, third] = subnet.split(".");
  return `fd00:c415:${second}:${third}::/64`;
}

function bridgeNetwork(workspace: Workspace, leases: string, { isDualStack, hasNoPortmap }: CniShape): unknown {
  const subnets = [workspace.subnet, ...(isDualStack === true ? [ipv6SubnetOf(workspace)] : [])];
  return {
    cniVersion: "1.0.0",
    name: workspace.network,
    plugins: [
      {
        type: "bridge",
        bridge: workspace.bridge,
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: leases,
          ranges: subnets.map((subnet) => [{ subnet }]),
          routes: subnets.map((subnet) => ({ dst: subnet.includes(":") ? "::/0" : "0.0.0.0/0" })),
        },
      },
      ...(hasNoPortmap === true ? [] : [{ type: "portmap", capabilities: { portMappings: true } }]),
    ],
  };
}
