import { Fault } from "#foundation";
import type { Source } from "./types.ts";

/** Says where a value came from, as messages and `crisp config print` do. */
export function describeSource(source: Source): string {
  switch (source.from) {
    case "default":
      return "default";
    case "file":
      return `${source.file}:${source.line}`;
    case "environment":
      return `environment ${source.name}`;
    case "flag":
      return `flag ${source.name}`;
  }
}

/** When a key of a file is none of ours. */
export function unknownKey(key: string, source: Source, nearest: string): Fault {
  return new Fault(
    "invalid",
    `configure from ${describeSource(source)}: unknown key ${key}; the nearest known key is ${nearest}`,
    {
      reason: { code: "config.unknown-key", key, nearest, source },
    },
  );
}

/** When a value is not what its key expects. */
export function wrongValue(key: string, value: unknown, expected: string, source: Source): Fault {
  const message = `configure from ${describeSource(source)}: ${key} = ${JSON.stringify(value)} is not ${expected}`;
  return new Fault("invalid", message, { reason: { code: "config.wrong-value", key, value, expected, source } });
}

/** When two values do not go together. */
export function contradiction(key: string, problem: string, source: Source): Fault {
  return new Fault("invalid", `configure from ${describeSource(source)}: ${key} ${problem}`, {
    reason: { code: "config.contradiction", key, source },
  });
}

/** When a file is not TOML. */
export function badSyntax(source: Source, problem: string, cause: unknown): Fault {
  return new Fault("invalid", `configure from ${describeSource(source)}: ${problem}`, {
    reason: { code: "config.bad-syntax", source },
    cause,
  });
}

/** When the file named by --config does not exist. */
export function missingFile(file: string): Fault {
  return new Fault("not-found", `configure from ${file}: no such file`, {
    reason: { code: "config.missing-file", file },
  });
}

/** When the command line holds what is no flag of ours, or a flag without its value. */
export function badFlag(flag: string, problem: string): Fault {
  return new Fault("invalid", `read flag ${flag}: ${problem}`, { reason: { code: "config.bad-flag", flag } });
}
