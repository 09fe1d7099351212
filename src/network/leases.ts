import { isIP } from "node:net";
import { join } from "node:path";
import { isFault, type SandboxId } from "#foundation";
import type { Files } from "#host";
import { isJsonObject } from "#spec";
import type { PreparedNetwork } from "./prepared-network.ts";
import type { AddressLease } from "./types.ts";

/** Where the plugin host-local keeps its leases, unless told otherwise. */
const defaultDataDir = "/var/lib/cni/networks";

/**
 * The addresses that the plugin host-local has given away in a network, whoever has them; none of another plugin.
 *
 * One file an address, whose first line is the id that ADD was told.
 *
 * @see https://www.cni.dev/plugins/current/ipam/host-local/
 */
export async function listLeases(
  { config }: PreparedNetwork,
  files: Pick<Files, "list" | "readText">,
): Promise<readonly AddressLease[]> {
  const dataDirs = config.plugins.flatMap(({ fields }) => {
    const ipam = fields["ipam"];
    if (!isJsonObject(ipam) || ipam["type"] !== "host-local") return [];
    return [typeof ipam["dataDir"] === "string" ? ipam["dataDir"] : defaultDataDir];
  });
  const lists = await Promise.all(dataDirs.map((dataDir) => readLeases(join(dataDir, config.name), files)));
  return lists.flat();
}

async function readLeases(
  directory: string,
  files: Pick<Files, "list" | "readText">,
): Promise<readonly AddressLease[]> {
  const addresses = (await files.list(directory)).filter((name) => isIP(name) !== 0);
  const leases = await Promise.all(addresses.map((address) => readLease(directory, address, files)));
  return leases.filter((lease) => lease !== undefined);
}

/** Undefined when it was given back a moment ago. */
async function readLease(
  directory: string,
  address: string,
  files: Pick<Files, "readText">,
): Promise<AddressLease | undefined> {
  const path = join(directory, address);
  try {
    const [holder = ""] = (await files.readText(path)).split(/\r?\n/, 1);
    return { path, address, holder: holder.trim() as SandboxId };
  } catch (error) {
    if (isFault(error, "not-found")) return undefined;
    throw error;
  }
}
