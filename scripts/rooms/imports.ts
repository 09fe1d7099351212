import { type ParseResult, parseSync } from "oxc-parser";

/** One name taken from a module. `*` is the whole module. */
export interface ImportedName {
  readonly name: string;
  /** Types vanish before the program runs: they reach nothing. */
  readonly isType: boolean;
}

/** One import, re-export or dynamic import of a file. */
export interface Import {
  /** What is imported, as written; undefined when it is computed. */
  readonly specifier: string | undefined;
  readonly names: readonly ImportedName[];
  readonly line: number;
}

export interface SourceFacts {
  readonly imports: readonly Import[];
  /** Comments that switch a gate off, with what follows them. */
  readonly suppressions: readonly { readonly text: string; readonly line: number }[];
}

const suppression = /^\s*(?:oxlint-disable|eslint-disable|biome-ignore|@ts-|v8 ignore|istanbul ignore)/;

/**
 * Reads what a source file imports and which gates it switches off.
 *
 * @throws Error when the file does not parse: a file that cannot be read must not pass as one without imports
 */
export function readSource(path: string, text: string): SourceFacts {
  const parsed = parseSync(path, text);
  const problem = parsed.errors[0];
  if (problem !== undefined) throw new Error(`parse ${path}: ${problem.message}`);
  const lineOf = (offset: number): number => text.slice(0, offset).split("\n").length;
  return {
    imports: [
      ...staticImports(parsed, lineOf),
      ...reExports(parsed, lineOf),
      ...parsed.module.dynamicImports.map(({ start, moduleRequest }) => ({
        specifier: literalOf(text.slice(moduleRequest.start, moduleRequest.end)),
        names: [{ name: "*", isType: false }],
        line: lineOf(start),
      })),
    ],
    suppressions: parsed.comments
      .filter((comment) => suppression.test(comment.value))
      .map((comment) => ({ text: comment.value.trim(), line: lineOf(comment.start) })),
  };
}

function staticImports({ module }: ParseResult, lineOf: (offset: number) => number): Import[] {
  return module.staticImports.map(({ start, moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    names: entries.map(({ importName, isType }) => ({
      name: importName.name ?? "*",
      isType,
    })),
    line: lineOf(start),
  }));
}

function reExports({ module }: ParseResult, lineOf: (offset: number) => number): Import[] {
  return module.staticExports
    .flatMap(({ entries }) => entries)
    .flatMap(({ start, moduleRequest, importName, isType }) => {
      if (moduleRequest === null || moduleRequest === undefined) return [];
      return [
        { specifier: moduleRequest.value, names: [{ name: importName.name ?? "*", isType }], line: lineOf(start) },
      ];
    });
}

function literalOf(source: string): string | undefined {
  return /^(["'])([^"'\\]*)\1$/.exec(source)?.[2];
}
