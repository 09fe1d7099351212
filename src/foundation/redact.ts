import type { LogFacts } from "./logger.ts";

/** Stands where a secret was. */
export const redacted = "[redacted]";

const secretName =
  /(?:pass(?:word|wd|phrase)?|secrets?|token|credentials?|api[-_]?key|private[-_]?key|auth|authorization|cookie)$/i;
const environmentName = /^env(?:s|ironment)?$/i;
/** Deeper than any fact of ours; what is deeper is not written. */
const maxDepth = 8;

/** Whether what goes by this name is nobody's business. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** A text without credentials and queries of URLs, and without what an Authorization header says. */
export function redactText(text: string): string {
  return text
    .replace(/(\b[a-z][a-z\d+.-]*:\/\/)[^\s/?#@"']+@/gi, `$1${redacted}@`)
    .replace(/(\bhttps?:\/\/[^\s?#"']+)\?[^\s"'#]*/gi, `$1?${redacted}`)
    .replace(/\b(authorization["']?[:=]\s*["']?[a-z]+) [^\s"']+/gi, `$1 ${redacted}`)
    .replace(/\b(Bearer) [\w.~+/-]{8,}=*/g, `$1 ${redacted}`);
}

/** Facts of a log line without secrets: values by their names, of environments all values, and texts as `redactText`. */
export function redactFacts(facts: LogFacts): LogFacts {
  return redactTable(facts, 0);
}

function redactTable(table: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, redactNamed(name, value, depth)]));
}

function redactNamed(name: string, value: unknown, depth: number): unknown {
  // An object by such a name, such as the `auth` of a pull, is all secret; so is a flag or a number.
  if (isSecretName(name)) return value === undefined || value === "" ? value : redacted;
  if (environmentName.test(name)) return redactEnvironment(value);
  return redactValue(value, depth);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object" || value === null || value instanceof Error) return value;
  if (depth >= maxDepth) return "…";
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item, depth + 1));
  if (!isPlain(value)) return value;
  return redactTable(value, depth + 1);
}

/** Names stay, of `NAME=value`, of `{ key, value }` and of tables. */
function redactEnvironment(environment: unknown): unknown {
  if (typeof environment === "string") return environment.replace(/=.*$/s, `=${redacted}`);
  if (Array.isArray(environment)) return environment.map(redactEnvironment);
  if (typeof environment !== "object" || environment === null) return environment;
  const entries = Object.entries(environment);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name === "key" || name === "name" ? (value as unknown) : redacted]),
  );
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
