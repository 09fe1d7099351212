import type { OciSpec } from "#spec";

/** JSON with numbers as written, which the compiler's library does not know yet. */
const rawJson = (JSON as unknown as { readonly rawJSON: (source: string) => unknown }).rawJSON;

/** The text of config.json; numbers beyond 2^53 (limits without limit) keep every digit. */
export function serializeSpec(spec: OciSpec): string {
  return JSON.stringify(spec, (_key, value: unknown) => (typeof value === "bigint" ? rawJson(String(value)) : value));
}
