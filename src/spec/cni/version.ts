/** Versions of the CNI specification that crisp speaks, oldest first. */
const cniVersions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;

export type CniVersion = (typeof cniVersions)[number];

/** All versions, for a message that lists them. */
export const supportedCniVersions: readonly CniVersion[] = cniVersions;

/** Whether a version is another or a later one. */
export function isCniVersionAtLeast(version: CniVersion, least: CniVersion): boolean {
  return cniVersions.indexOf(version) >= cniVersions.indexOf(least);
}

/**
 * The highest version of a configuration's list that crisp speaks; undefined when there is none.
 *
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#version-considerations
 */
export function selectCniVersion(offered: readonly string[]): CniVersion | undefined {
  return cniVersions.findLast((version) => offered.includes(version));
}
