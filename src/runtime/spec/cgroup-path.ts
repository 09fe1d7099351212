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

/** Takes the document's form back to a path below the root of the tree: a slice stands in those that its name begins with. */
export function parseCgroupsPath(text: string): string {
  const [slice, prefix, name] = text.split(":");
  if (text.startsWith("/") || slice === undefined || prefix === undefined || name === undefined) return text;
  const parts = slice.replace(/\.slice$/, "").split("-");
  const slices = parts.map((_, index) => `${parts.slice(0, index + 1).join("-")}.slice`);
  return `/${slices.join("/")}/${prefix}-${name}.scope`;
}
