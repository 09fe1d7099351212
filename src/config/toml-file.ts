import { parse, TomlError } from "smol-toml";
import { badSyntax } from "./faults.ts";
import { isTable } from "./kinds.ts";
import type { Source } from "./types.ts";

/** One key of a file with its value and its line. */
export interface FileEntry {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly source: Source;
}

/**
 * Reads the keys of a TOML file. An empty table, or one that `isValue` names,
 * stays one value; all others are opened.
 *
 * @throws Fault `invalid` with file and line when the text is not TOML
 */
export function parseTomlFile(file: string, text: string, isValue: (path: readonly string[]) => boolean): FileEntry[] {
  const lines = locateKeys(text);
  const sourceOf = (path: readonly string[]): Source => ({ from: "file", file, line: lineOf(lines, path) });
  const open = (table: Readonly<Record<string, unknown>>, above: readonly string[]): FileEntry[] =>
    Object.entries(table).flatMap(([name, value]) => {
      const path = [...above, name];
      const isOpened = isTable(value) && !isValue(path) && Object.keys(value).length > 0;
      return isOpened ? open(value, path) : [{ path, value, source: sourceOf(path) }];
    });
  return open(parseToml(file, text), []);
}

function parseToml(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text, { maxDepth: 32 });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [problem = "not TOML"] = error.message.split("\n");
    throw badSyntax(
      { from: "file", file, line: error.line },
      problem.charAt(0).toLowerCase() + problem.slice(1),
      error,
    );
  }
}

/** The line of a key, or of the table or inline table that holds it. */
function lineOf(lines: ReadonlyMap<string, number>, path: readonly string[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const line = lines.get(path.slice(0, length).join("\n"));
    if (line !== undefined) return line;
  }
  return 1;
}

/**
 * Finds the lines on which keys stand, which the parser does not tell. The text
 * is only read for lines that begin with a header or a key: a line inside of a
 * multi-line string may be taken for one, which at worst names a wrong line.
 */
function locateKeys(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let table: readonly string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const [, header, key] = /^\s*(?:\[\[?\s*([^\]]+?)\s*\]|([\w.\s"'-]+?)\s*=)/.exec(line) ?? [];
    if (header !== undefined) table = splitKey(header);
    const path = header === undefined && key !== undefined ? [...table, ...splitKey(key)] : table;
    for (let length = path.length; length > 0; length -= 1) {
      const above = path.slice(0, length).join("\n");
      if (!lines.has(above)) lines.set(above, index + 1);
    }
  }
  return lines;
}

function splitKey(key: string): string[] {
  return [...key.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}
