import type { DescMessage } from "@bufbuild/protobuf";
import { copiedOnce } from "./copied-once.ts";

/**
 * A message that is encoded already, in parts.
 *
 * Encoded messages that follow each other are one message: repeated fields join, of single ones the last counts, messages
 * in fields merge. So a list is its items' encodings, one after the other, and an item can be kept encoded.
 *
 * @see https://protobuf.dev/programming-guides/encoding/#last-one-wins
 */
export class EncodedMessage<Schema extends DescMessage> {
  readonly schema: Schema;
  readonly parts: readonly Uint8Array[];
  readonly #isOwn: boolean;

  /** @param memory `own` when nobody else has the memory of a single part: it is given back once the message was sent */
  constructor(schema: Schema, parts: readonly Uint8Array[], memory: "own" | "shared" = "shared") {
    this.schema = schema;
    this.parts = parts;
    this.#isOwn = memory === "own";
  }

  /** All parts in one, to be copied once; see {@link copiedOnce}. */
  join(): Buffer {
    const [first] = this.parts;
    if (first === undefined || this.parts.length > 1) return copiedOnce(Buffer.concat(this.parts));
    return this.#isOwn ? copiedOnce(asBuffer(first)) : asBuffer(first);
  }
}

/** The same bytes as the class that grpc-js insists on; nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
