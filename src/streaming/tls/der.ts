/** DER, as far as a certificate of our own needs it: X.690. */

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
} as const;

function encode(tagByte: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tagByte, ...head), content]);
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return encode(tag.sequence, Buffer.concat(parts));
}

export function set(...parts: readonly Buffer[]): Buffer {
  return encode(tag.set, Buffer.concat(parts));
}

/** A positive integer. */
export function integer(bytes: Buffer): Buffer {
  const needsZero = ((bytes[0] ?? 0) & 0x80) !== 0;
  return encode(tag.integer, needsZero ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

export function bitString(bytes: Buffer): Buffer {
  return encode(tag.bitString, Buffer.concat([Buffer.of(0), bytes]));
}

export function octetString(bytes: Buffer): Buffer {
  return encode(tag.octetString, bytes);
}

export function isTrue(): Buffer {
  return encode(tag.boolean, Buffer.of(0xff));
}

export function utf8(text: string): Buffer {
  return encode(tag.utf8, Buffer.from(text));
}

/** A time before 2050: two digits for the year. */
export function time(date: Date): Buffer {
  const digits = date
    .toISOString()
    .slice(2)
    .replace(/[-:T]|\.\d+/g, "");
  return encode(tag.utcTime, Buffer.from(digits));
}

/** An object identifier in dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return encode(tag.objectId, Buffer.from([first * 40 + second, ...rest.flatMap(toBase128)]));
}

/** A part whose meaning its number tells; `content` is put inside, or stands for the part itself. */
export function explicit(number: number, content: Buffer): Buffer {
  return encode(0xa0 + number, content);
}

export function implicit(number: number, content: Buffer): Buffer {
  return encode(0x80 + number, content);
}

function toBase128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
