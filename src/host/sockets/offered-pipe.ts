import { closeSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { Native } from "../native/native.ts";
import { readerOf, writerOf } from "../processes/descriptors.ts";
import type { OfferedPipe } from "./types.ts";

/** Makes a pipe that another process writes to, having opened `path`. */
export function offerReader(native: Native): OfferedPipe<Readable> {
  const [readEnd, writeEnd] = native.pipe();
  const pipe = offer(writeEnd, readerOf(readEnd));
  pipe.stream.once("close", () => pipe.taken());
  return pipe;
}

/**
 * Makes a pipe that another process reads from, having opened `path`.
 *
 * What was written stays for a reader that is late, also when the stream is closed before: the pipe goes with `taken`.
 */
export function offerWriter(native: Native): OfferedPipe<Writable> {
  const [readEnd, writeEnd] = native.pipe();
  return offer(readEnd, writerOf(writeEnd));
}

/**
 * Opening what /proc shows of a descriptor opens the pipe anew, for reading or for writing, whatever the descriptor is for.
 *
 * Against a fifo in a directory this leaves no file behind, and has no moment in which the pipe has no writer yet and
 * looks ended.
 */
function offer<End extends Readable | Writable>(othersEnd: number, stream: End): OfferedPipe<End> {
  let isHeld = true;
  const taken = (): void => {
    if (!isHeld) return;
    isHeld = false;
    closeSync(othersEnd);
  };
  return { path: `/proc/${process.pid}/fd/${othersEnd}`, stream, taken };
}
