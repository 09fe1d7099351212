// canary src/pod/throw-text.ts: typescript(only-throw-error)
export function fail(): never {
  throw "no";
}
