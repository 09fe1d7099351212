import { invalidField } from "../faults.ts";
import type { CgroupPlace } from "./input.ts";

/**
 * The cgroup as the OCI document wants it: a path, or "slice:prefix:name" for systemd.
 *
 * @throws Fault `invalid` when a path cannot be said in systemd's form
 * @see https://github.com/opencontainers/runc/blob/v1.1.5/docs/systemd.md
 */
export function formatCgroupsPath(place: CgroupPlace): string {
  if (place.driver === "cgroupfs") return place.path;
  const match = /(?:^|\/)([^/]+\.slice)\/([^/]+)-([^/-]+)\.scope$/.exec(place.path);
  if (match === null) throw invalidField("cgroup_parent", `${place.path} does not end in a slice and a scope`);
  return `${match[1]}:${match[2]}:${match[3]}`;
}
