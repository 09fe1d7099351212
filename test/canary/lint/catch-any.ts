// canary src/pod/catch-any.ts: typescript(use-unknown-in-catch-callback-variable)
export function quiet(work: Promise<void>, report: (error: Error) => void): Promise<void> {
  return work.catch((error: Error) => report(error));
}
