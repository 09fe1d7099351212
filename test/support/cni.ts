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

/** Writes the usual single-node network into the workspace: a bridge with masquerading, and host ports. */
export async function writeCniConfig(workspace: Workspace): Promise<CniSetup> {
  const confDir = await directoryIn(workspace, "cni/net.d");
  const leases = path.join(workspace.dir, "cni/leases");
  await writeFile(path.join(confDir, "10-bridge.conflist"), JSON.stringify(bridgeNetwork(workspace, leases), null, 2));
  return { confDir, leases };
}

function bridgeNetwork(workspace: Workspace, leases: string): unknown {
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
          ranges: [[{ subnet: workspace.subnet }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}
