const clusterBytes = 4096;

/** Space that content takes on nearly every file system: whole clusters. */
export function diskBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / clusterBytes) * clusterBytes;
}
