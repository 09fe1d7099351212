import { type CriLogLine, decodeCriLogLine, LogLineSplitter } from "#spec";

export interface ContainerLogOptions {
  /** Begins with the last lines only. @default the whole log */
  readonly lastLines?: number;
  /** Asked at each end of the log: more may come while it says true. @default never: reading stops at the end */
  readonly isRunning?: () => Promise<boolean>;
  /** Stops reading, without an error. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a container's log file, which CRI leaves to the client: the server only
 * tells its path. Lines that are not in CRI's format are skipped.
 *
 * @throws Fault `not-found`, `denied` when the file cannot be opened
 */
export async function* readContainerLog(path: string, options: ContainerLogOptions): AsyncGenerator<CriLogLine> {
  const { lastLines, isRunning, signal } = options;
  // Loaded here and not above: a client that reads no files does not need the room of the kernel.
  const { followFile } = await import("#host");
  const splitter = new LogLineSplitter();
  const blocks = followFile(path, {
    ...(lastLines === undefined ? {} : { lastLines }),
    ...(isRunning === undefined ? {} : { isGrowing: isRunning }),
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const block of blocks) yield* decodeLines(splitter.push(block));
  const rest = splitter.end();
  if (rest !== undefined) yield* decodeLines([rest]);
}

function* decodeLines(lines: readonly Buffer[]): Generator<CriLogLine> {
  for (const line of lines) {
    const decoded = decodeCriLogLine(line);
    if (decoded !== undefined) yield decoded;
  }
}
