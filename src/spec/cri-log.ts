/** A line of a container's log file in CRI's format. */
export interface CriLogLine {
  readonly timestampNanos: bigint;
  readonly stream: "stdout" | "stderr";
  /** More of the same output line follows: there was no newline in the output here. */
  readonly isPartial: boolean;
  /** The output's own bytes, without a newline. */
  readonly content: Buffer;
}

const space = 0x20;
const newline = 0x0a;
const timePattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * Decodes one log line, with or without its newline; undefined when it is not one.
 *
 * Readers skip lines that cannot be parsed, so a bad line is no fault.
 *
 * @see https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
export function decodeCriLogLine(line: Buffer): CriLogLine | undefined {
  const timeEnd = line.indexOf(space);
  const streamEnd = timeEnd < 0 ? -1 : line.indexOf(space, timeEnd + 1);
  const tagsEnd = streamEnd < 0 ? -1 : line.indexOf(space, streamEnd + 1);
  if (tagsEnd < 0) return undefined;

  const timestampNanos = parseRfc3339Nanos(line.toString("latin1", 0, timeEnd));
  const stream = line.toString("latin1", timeEnd + 1, streamEnd);
  const tag = line.toString("latin1", streamEnd + 1, tagsEnd).split(":", 1)[0];
  if (timestampNanos === undefined || (stream !== "stdout" && stream !== "stderr")) return undefined;
  if (tag !== "F" && tag !== "P") return undefined;

  const contentEnd = line.at(-1) === newline ? line.length - 1 : line.length;
  return { timestampNanos, stream, isPartial: tag === "P", content: line.subarray(tagsEnd + 1, contentEnd) };
}

/** Unix nanoseconds of a time such as `2026-01-02T03:04:05.123456789Z`; undefined when it is none. */
export function parseRfc3339Nanos(text: string): bigint | undefined {
  const match = timePattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", sign, offsetHour = "0", offsetMinute = "0"] = match;
  const monthIndex = Number(month) - 1;
  const wallMs = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  // Date.UTC carries 31 February over into March, and 24:61 into the next day.
  if (new Date(wallMs).toISOString().slice(0, 19) !== text.slice(0, 19)) return undefined;
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 * (sign === "-" ? -1 : 1);
  return BigInt(wallMs - offsetMs) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** Cuts a stream of bytes into lines; a line ends after its newline. */
export class LogLineSplitter {
  readonly #maxLineBytes: number;
  #rest: Buffer[] = [];
  #restBytes = 0;

  /** @param maxLineBytes a longer line is given away in pieces, so that memory is bounded */
  constructor(maxLineBytes: number = 1 << 20) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** The lines that `chunk` completes, in order. */
  push(chunk: Buffer): readonly Buffer[] {
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      lines.push(this.#take(chunk.subarray(from, end + 1)));
      from = end + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    if (this.#restBytes > this.#maxLineBytes) lines.push(this.#take(Buffer.alloc(0)));
    return lines;
  }

  /** What came after the last newline; the splitter is empty after. */
  end(): Buffer | undefined {
    return this.#restBytes === 0 ? undefined : this.#take(Buffer.alloc(0));
  }

  #keep(piece: Buffer): void {
    // A copy: the caller may reuse its chunk for the next read.
    this.#rest.push(Buffer.from(piece));
    this.#restBytes += piece.length;
  }

  #take(last: Buffer): Buffer {
    if (this.#restBytes === 0) return last;
    const line = Buffer.concat([...this.#rest, last]);
    this.#rest = [];
    this.#restBytes = 0;
    return line;
  }
}
