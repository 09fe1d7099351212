// canary src/pod/unchecked-index.ts: TS2322
export function first(values: readonly number[]): number {
  return values[0];
}
