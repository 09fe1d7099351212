import type { TerminalSize } from "#spec";

/** More than this is no size. */
const maxDocumentBytes = 256;

/**
 * Reads a stream of documents `{"Width":80,"Height":24}`, one behind the other,
 * in pieces of any size. What is no size is passed over: a terminal of the
 * wrong size is no reason to end what runs in it.
 */
export class TerminalSizeReader {
  #text = "";

  push(bytes: Buffer): readonly TerminalSize[] {
    const documents = (this.#text + bytes.toString("latin1")).split("}");
    this.#text = documents.pop()?.slice(-maxDocumentBytes) ?? "";
    return documents.flatMap((document) => decodeSize(`${document}}`));
  }
}

function decodeSize(document: string): TerminalSize[] {
  const size = parseJson(document);
  if (typeof size !== "object" || size === null) return [];
  const { Width: columns, Height: rows } = size as { readonly Width?: unknown; readonly Height?: unknown };
  return isLength(columns) && isLength(rows) ? [{ columns, rows }] : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what is no JSON is no size either
  }
}

function isLength(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535;
}
