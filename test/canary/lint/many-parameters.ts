// canary src/pod/many-parameters.ts: eslint(max-params)
export function sum(a: number, b: number, c: number, d: number, e: number): number {
  return a + b + c + d + e;
}
