import { invalidField } from "../faults.ts";
import { Origins } from "./origins.ts";

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
export function mergeEnvironment(input: EnvironmentInput, origins: Origins = new Origins()): readonly string[] {
  const merged = new Map([
    ["PATH", defaultPath],
    ["HOSTNAME", input.hostname],
  ]);
  for (const key of merged.keys()) origins.note(partOf(key), "crisp", "every container has it");
  if (input.hasTty) {
    merged.set("TERM", "xterm");
    origins.note(partOf("TERM"), "crisp", "it has a terminal");
  }
  for (const entry of input.image) {
    const [key, value] = splitEntry(entry);
    if (key === "") continue;
    merged.set(key, value);
    origins.note(partOf(key), "image", "ENV");
  }
  for (const { key, value } of input.request) {
    assertKeyAndValue(key, value);
    merged.set(key, value);
    origins.note(partOf(key), "request", "envs");
  }
  return [...merged].map(([key, value]) => `${key}=${value}`);
}

function partOf(key: string): string {
  return `process.env[${key}]`;
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
