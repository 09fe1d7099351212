// canary src/pod/explicit-any.ts: typescript(no-explicit-any)
export function same(value: any): unknown {
  return value;
}
