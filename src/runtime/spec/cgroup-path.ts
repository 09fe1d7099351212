import { slicePath } from "#spec";
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

/** Where in the tree the cgroup is that the OCI document names; undefined when it names none of the forms above. */
export function locateCgroup(cgroupsPath: string): string | undefined {
  if (cgroupsPath.startsWith("/")) return cgroupsPath;
  const [slice = "", prefix, name] = cgroupsPath.split(":");
  const parent = slicePath(slice);
  return parent === undefined || name === undefined ? undefined : `${parent}/${prefix}-${name}.scope`;
}
