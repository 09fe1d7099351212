import { namePattern } from "#foundation";

/**
 * Which images an operator wants kept: by any name that `find` takes, or by a
 * pattern of full names, "registry.k8s.io/pause:*".
 *
 * @param readWanted the names that are wanted now
 * @param toFullName makes a name as the catalog has it; undefined for an id
 */
export function pinnedNames(
  readWanted: () => readonly string[],
  toFullName: (name: string) => string | undefined,
): (names: readonly string[]) => boolean {
  let wanted: readonly string[] = [];
  let isPinned = compile(wanted, toFullName);
  return (names) => {
    const now = readWanted();
    if (now !== wanted) isPinned = compile(now, toFullName);
    wanted = now;
    return isPinned(names);
  };
}

function compile(
  wanted: readonly string[],
  toFullName: (name: string) => string | undefined,
): (names: readonly string[]) => boolean {
  const patterns = wanted.filter((name) => name.includes("*")).map(namePattern);
  const exact = new Set(wanted.filter((name) => !name.includes("*")).map((name) => toFullName(name) ?? name));
  return (names) => names.some((name) => exact.has(name) || patterns.some((matches) => matches(name)));
}
