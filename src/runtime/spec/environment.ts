import { invalidField } from "../faults.ts";

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface EnvironmentInput {
  /** Entries "KEY=value" of the image. */
  readonly image: readonly string[];
  readonly request: readonly { readonly key: string; readonly value: string }[];
  readonly hostname: string;
  readonly hasTty: boolean;
}

/**
 * Merges a container's environment: defaults, then the image's, then the request's; the last one of a key wins.
 *
 * @throws Fault `invalid` for a key that no environment can hold
 */
export function mergeEnvironment(input: EnvironmentInput): readonly string[] {
  const merged = new Map([
    ["PATH", defaultPath],
    ["HOSTNAME", input.hostname],
  ]);
  if (input.hasTty) merged.set("TERM", "xterm");
  for (const entry of input.image) {
    const [key, value] = splitEntry(entry);
    if (key !== "") merged.set(key, value);
  }
  for (const { key, value } of input.request) {
    assertKeyAndValue(key, value);
    merged.set(key, value);
  }
  return [...merged].map(([key, value]) => `${key}=${value}`);
}

/** An image's entry without "=" is a key with an empty value. */
function splitEntry(entry: string): readonly [key: string, value: string] {
  const equals = entry.indexOf("=");
  return equals < 0 ? [entry, ""] : [entry.slice(0, equals), entry.slice(equals + 1)];
}

/** The value is not told: it may be a secret. */
function assertKeyAndValue(key: string, value: string): void {
  if (key === "" || key.includes("=") || key.includes("\0")) {
    throw invalidField("envs", `${JSON.stringify(key)} cannot be the name of a variable`);
  }
  if (value.includes("\0")) throw invalidField("envs", `the value of ${JSON.stringify(key)} holds a NUL character`);
}
