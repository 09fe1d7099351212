// canary src/pod/good-types.ts: nothing
/** A file with nothing to complain about: a gate that refuses it refuses everything. */
export function double(value: number): number {
  return value * 2;
}
