// canary src/pod/non-null.ts: typescript(no-non-null-assertion)
export function first(values: readonly number[]): number {
  return values[0]!;
}
