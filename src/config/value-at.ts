import type { Config } from "./types.ts";

/** Finds a value of a configuration by its key as files spell it; undefined for a runtime that is not configured. */
export function valueAt(config: Pick<Config, "runtimes">, key: string): unknown {
  const runtime = /^runtimes\.(.+)\.([^.]+)$/.exec(key);
  const path =
    runtime === null ? key.split(".").map(camelCase) : ["runtimes", runtime[1] ?? "", camelCase(runtime[2] ?? "")];
  return path.reduce<unknown>(
    (inner, name) => (inner as Readonly<Record<string, unknown>> | undefined)?.[name],
    config,
  );
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
