// canary src/pod/reject-text.ts: typescript(prefer-promise-reject-errors)
export function fail(): Promise<void> {
  return Promise.reject("no");
}
