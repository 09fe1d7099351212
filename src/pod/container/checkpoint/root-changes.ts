import { join } from "node:path";
import { checkpointNames, decodeSpec } from "#spec";
import type { PodContext } from "../../context.ts";
import type { ContainerRecord } from "../../records.ts";
import { type TreeArchive, writeTreeArchive } from "./tree-archive.ts";

/**
 * Writes what a container has changed of its root: an archive of what it wrote, and a list of what it removed.
 *
 * Where something is mounted, what stands beneath is the runtime's, or empty.
 */
export async function writeRootChanges(
  context: PodContext,
  record: ContainerRecord,
  { directory, spec, signal }: { readonly directory: string; readonly spec: string; readonly signal: AbortSignal },
): Promise<void> {
  const path = join(directory, checkpointNames.changes);
  const mounted = mountPointsOf(spec);
  const removed: string[] = [];
  const fill = async ({ add }: TreeArchive): Promise<void> => {
    for await (const change of context.snapshots.changes(record.id, { signal })) {
      if (change.kind === "removed") removed.push(`/${toText(change.name)}`);
      else if (!mounted.has(`/${toText(change.entry.name)}`)) await add(change.entry);
    }
  };
  await writeTreeArchive(context.host, { path, temporary: `${path}.tmp`, signal }, fill);
  if (removed.length === 0) return;
  await context.host.files.write(join(directory, checkpointNames.removed), JSON.stringify(removed), { mode: 0o600 });
}

function mountPointsOf(spec: string): ReadonlySet<string> {
  const { mounts } = decodeSpec(spec);
  if (!Array.isArray(mounts)) return new Set();
  const points = mounts.map((mount: { readonly destination?: unknown } | null) => mount?.destination);
  return new Set(points.filter((point) => typeof point === "string"));
}

/** A byte string as text. */
function toText(name: string): string {
  return Buffer.from(name, "latin1").toString("utf8");
}
