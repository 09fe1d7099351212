// canary src/pod/unused-local.ts: TS6133
export function four(): number {
  const five = 5;
  return 4;
}
