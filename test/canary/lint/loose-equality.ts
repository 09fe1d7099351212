// canary src/pod/loose-equality.ts: eslint(eqeqeq)
export function isFour(value: unknown): boolean {
  return value == 4;
}
