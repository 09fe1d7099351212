// canary src/pod/inferred-export.ts: TS9013
export function four() {
  return Number("4");
}
