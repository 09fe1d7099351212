import { LogLineSplitter } from "#spec";

export interface LocalLinesOptions {
  /** Begins with the last lines only. @default the whole file */
  readonly lastLines?: number;
  /** Goes on with what comes, until the signal; a rotation is followed. */
  readonly follow: boolean;
  /** Stops reading, without an error. */
  readonly signal: AbortSignal;
}

/**
 * Reads the lines of a text file of the person who runs the command.
 *
 * @throws Fault `not-found`, `denied` when the file cannot be opened
 */
export async function* readLocalLines(
  path: string,
  { lastLines, follow, signal }: LocalLinesOptions,
): AsyncGenerator<string> {
  // Loaded here and not above: a client that reads no files does not need the room of the kernel.
  const { followFile } = await import("#host");
  const splitter = new LogLineSplitter();
  const blocks = followFile(path, {
    signal,
    ...(lastLines === undefined ? {} : { lastLines }),
    ...(follow ? { isGrowing: async () => !signal.aborted } : {}),
  });
  for await (const block of blocks) for (const line of splitter.push(block)) yield textOf(line);
  const rest = splitter.end();
  if (rest !== undefined) yield textOf(rest);
}

function textOf(line: Buffer): string {
  return line.toString().replace(/\r?\n$/, "");
}
