import { dirname, join } from "node:path";
import { Fault, messageOf } from "#foundation";
import type { Host } from "#host";
import type { Snapshots } from "#store";

/** Whether the node can run pods with user namespaces, and if not, why. */
export type MappingSupport = { readonly isPossible: true } | { readonly isPossible: false; readonly problem: string };

/** What kubelet maps for its first pod. */
const ids = [{ containerId: 0, hostId: 65_536, length: 65_536 }];

/** Finds out by doing it once: a kernel may have user namespaces and no idmapped mounts on the file system of the layers. */
export async function probeMapping(
  host: Pick<Host, "namespaces" | "files">,
  snapshots: Pick<Snapshots, "probeMapped">,
  directory: string,
): Promise<MappingSupport> {
  const owners = { userNamespace: join(directory, "probe.user"), mappings: { uids: ids, gids: ids } };
  try {
    await host.files.makeDirectory(directory, { mode: 0o711 });
    await assertPassable(host, directory);
    await host.namespaces.pin({ pins: {}, user: { path: owners.userNamespace, mappings: owners.mappings } });
    try {
      await snapshots.probeMapped(owners);
    } finally {
      await host.namespaces.unpin(owners.userNamespace);
    }
    return { isPossible: true };
  } catch (error) {
    return { isPossible: false, problem: messageOf(error) };
  }
}

/** Whoever is root in a pod is nobody here, and must get to the root file system below this directory. */
async function assertPassable({ files }: Pick<Host, "files">, directory: string): Promise<void> {
  const mode = (await files.stat(directory))?.mode ?? 0;
  if ((mode & 0o001) === 0) {
    const octal = (mode & 0o7777).toString(8);
    throw new Fault("unsupported", `${directory} has mode ${octal}: a pod's root could not pass to its files`);
  }
  if (directory !== "/") await assertPassable({ files }, dirname(directory));
}
