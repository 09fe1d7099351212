// canary src/pod/misused-promise.ts: typescript(no-misused-promises)
export function listen(on: (done: () => void) => void, work: () => Promise<void>): void {
  on(async () => {
    await work();
  });
}
