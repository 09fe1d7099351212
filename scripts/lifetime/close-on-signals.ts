/** Runs `close` when the user interrupts the program, and ends it then; a second interrupt ends it at once. */
export function closeOnSignals(close: () => Promise<void>): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => void close().finally(() => process.exit(130)));
  }
}
