import { Fault } from "#foundation";

/** Parts that are not empty, nor "." or "..". */
const plainPath = /^(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)+$/;

/**
 * Checks a cgroup's path: absolute below the root of the tree, no dots.
 *
 * The root itself is never an object of an act here: killing or removing it
 * would take the machine down.
 *
 * @throws Fault `invalid`
 */
export function assertCgroupPath(path: string): void {
  if (!plainPath.test(path)) {
    throw new Fault("invalid", `cgroup ${JSON.stringify(path)}: not a path below the root of the tree`, {
      reason: { code: "host.bad-cgroup-path", path },
    });
  }
}

/** The cgroup and those above it, outermost first, without the root: "/a/b" gives "/a", "/a/b". */
export function lineageOf(path: string): readonly string[] {
  const parts = path.split("/").slice(1);
  return parts.map((_part, index) => `/${parts.slice(0, index + 1).join("/")}`);
}

/** The cgroup above; undefined above the first level, where only the root is. */
export function parentOf(path: string): string | undefined {
  const parent = path.slice(0, path.lastIndexOf("/"));
  return parent === "" ? undefined : parent;
}
