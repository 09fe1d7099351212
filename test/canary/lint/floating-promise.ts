// canary src/pod/floating-promise.ts: typescript(no-floating-promises)
export function forget(work: () => Promise<void>): void {
  work();
}
