/** The environment that the process was started with: the one place outside of `loadConfig` that hands it on. */
export function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env };
}
