import type { OciResources, OciSpec } from "#spec";

/** JSON with numbers as written, which the compiler's library does not know yet. */
const rawJson = (JSON as unknown as { readonly rawJSON: (source: string) => unknown }).rawJSON;

/** The text of config.json. */
export function serializeSpec(spec: OciSpec): string {
  return serializeJson(spec);
}

/** JSON in which numbers beyond 2^53 (limits without limit) keep every digit. */
export function serializeJson(document: OciSpec | OciResources): string {
  return JSON.stringify(document, (_key, value: unknown) =>
    typeof value === "bigint" ? rawJson(String(value)) : value,
  );
}
