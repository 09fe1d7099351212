import type { Readable } from "node:stream";
import { decodeMonitorMessage, type MonitorMessage } from "#spec";

/** More than conmon ever sends: it keeps 8 KiB of the runtime's errors. */
const maxReportBytes = 65_536;

/** What a monitor said on its sync pipe; undefined when the pipe ended, or grew too long, without a report. */
export async function readMonitorReport(pipe: Readable): Promise<MonitorMessage | undefined> {
  const text = await readLine(pipe);
  return text === undefined ? undefined : decodeMonitorMessage(text);
}

/** Everything that a stream gives until its end, up to a limit; never rejects. */
export async function collectText(stream: Readable, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.on("data", (piece: Buffer) => {
    if (length < maxBytes) pieces.push(piece);
    length += piece.length;
  });
  stream.once("close", resolve);
  await promise;
  return Buffer.concat(pieces).toString("utf8", 0, maxBytes);
}

function readLine(pipe: Readable): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let text = Buffer.alloc(0);
  pipe.on("data", (piece: Buffer) => {
    text = Buffer.concat([text, piece]);
    const end = text.indexOf("\n");
    if (end >= 0) resolve(text.toString("utf8", 0, end));
    else if (text.length > maxReportBytes) resolve(undefined);
  });
  pipe.once("close", () => resolve(undefined));
  return promise;
}
