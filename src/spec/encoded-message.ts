import type { DescMessage } from "@bufbuild/protobuf";

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

  constructor(schema: Schema, parts: readonly Uint8Array[]) {
    this.schema = schema;
    this.parts = parts;
  }

  /** All parts in one. */
  join(): Buffer {
    const [first] = this.parts;
    if (first !== undefined && this.parts.length === 1) return asBuffer(first);
    return Buffer.concat(this.parts);
  }
}

/** The same bytes as the class that grpc-js insists on; nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
