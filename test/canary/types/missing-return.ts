// canary src/pod/missing-return.ts: TS7030
export function find(value: number): number | undefined {
  if (value > 4) return value;
}
