import { badFile } from "./faults.ts";

/** What `/etc/crictl.yaml` can say; a key that is absent is undefined. */
export interface CrictlConfig {
  readonly runtimeEndpoint?: string;
  readonly imageEndpoint?: string;
  readonly timeoutMs?: number;
  readonly isDebug?: boolean;
  readonly pullsOnCreate?: boolean;
}

type Field = (value: string, refuse: (expected: string) => never) => CrictlConfig;

/** Each key that crictl knows, and what it means here. */
const fields: Readonly<Record<string, Field>> = {
  "runtime-endpoint": (value) => ({ runtimeEndpoint: value }),
  "image-endpoint": (value) => ({ imageEndpoint: value }),
  timeout: (value, refuse) => ({ timeoutMs: 1_000 * wholeNumber(value, refuse) }),
  debug: (value, refuse) => ({ isDebug: truth(value, refuse) }),
  "pull-image-on-create": (value, refuse) => ({ pullsOnCreate: truth(value, refuse) }),
  "disable-pull-on-run": ignored(truth), // crisp has no command that pulls on run
  "max-retries": ignored(wholeNumber), // a unix socket either answers or does not
};

/**
 * Decodes the text of a crictl configuration file: a flat list of `key: value`
 * lines, which is all that crictl writes and reads.
 *
 * @throws Fault `invalid` naming the file, the line and the key that is wrong
 */
export function decodeCrictlConfig(path: string, text: string): CrictlConfig {
  let config: CrictlConfig = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(?:#.*)?$|^---\s*$/.test(line)) continue;
    config = { ...config, ...decodeLine(line, `${path}:${index + 1}`) };
  }
  return config;
}

function decodeLine(line: string, place: string): CrictlConfig {
  const match = /^(?<key>[\w-]+)\s*:(?:\s+(?<value>.*))?$/.exec(line);
  const key = match?.groups?.["key"];
  if (key === undefined) throw badFile(place, `expected "key: value", got ${JSON.stringify(line)}`);
  const field = fields[key];
  if (field === undefined) throw badFile(place, `unknown key ${key} (known: ${Object.keys(fields).join(", ")})`);
  const value = unquote(match?.groups?.["value"] ?? "");
  return field(value, (expected) => {
    throw badFile(place, `${key}: expected ${expected}, got ${JSON.stringify(value)}`);
  });
}

/** The scalar without quotes or a trailing comment. */
function unquote(text: string): string {
  const quoted = /^(["'])(?<inner>.*)\1\s*(?:#.*)?$/.exec(text);
  return quoted?.groups?.["inner"] ?? text.replace(/\s+#.*$/, "").trim();
}

/** A key that is checked, as crictl does, and has no meaning here. */
function ignored(check: (value: string, refuse: (expected: string) => never) => unknown): Field {
  return (value, refuse) => {
    check(value, refuse);
    return {};
  };
}

function wholeNumber(value: string, refuse: (expected: string) => never): number {
  return /^-?\d+$/.test(value) ? Number(value) : refuse("a whole number");
}

function truth(value: string, refuse: (expected: string) => never): boolean {
  if (value === "true") return true;
  return value === "false" ? false : refuse("true or false");
}
