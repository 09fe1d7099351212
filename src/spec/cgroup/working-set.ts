/** Memory in use without the page cache that the kernel would drop first: what kubelet evicts by. */
export function workingSetOf(usageBytes: bigint, inactiveFileBytes: bigint): bigint {
  return usageBytes > inactiveFileBytes ? usageBytes - inactiveFileBytes : 0n;
}
