import { join } from "node:path";
import type { Host } from "#host";
import { parseHostsToml, type RegistryHosts } from "#spec";
import { readTextIfPresent, within } from "./config-file.ts";

/** A hosts.toml, and where it was. */
export interface FoundHosts {
  readonly directory: string;
  readonly hosts: RegistryHosts;
  /** Whether it speaks of every registry that has none of its own. */
  readonly isDefault: boolean;
}

const defaultDirectory = "_default";

/**
 * Finds the hosts.toml of a registry: the first directory with a
 * `HOST/hosts.toml`, or a `_default/hosts.toml`, decides.
 *
 * @throws Fault `invalid` naming the file
 */
export async function findHostsToml(
  host: string,
  directories: readonly string[],
  files: Pick<Host["files"], "readText">,
): Promise<FoundHosts | undefined> {
  for (const parent of directories) {
    for (const name of directoryNames(host)) {
      const directory = join(parent, name);
      const file = join(directory, "hosts.toml");
      const text = await readTextIfPresent(file, files);
      if (text === undefined) continue;
      return { directory, hosts: within(file, () => parseHostsToml(text, host)), isDefault: name === defaultDirectory };
    }
  }
  return undefined;
}

/** containerd allows underscores for the colon of a port, which some tools cannot have in a path. */
function directoryNames(host: string): readonly string[] {
  const colon = host.lastIndexOf(":");
  const hasPort = colon !== -1 && !host.endsWith("]");
  const plain = hasPort ? [`${host.slice(0, colon)}_${host.slice(colon + 1)}_`] : [];
  return [host, ...plain, defaultDirectory];
}
