// canary src/pod/exit.ts: unicorn(no-process-exit)
export function leave(): void {
  process.exit(1);
}
