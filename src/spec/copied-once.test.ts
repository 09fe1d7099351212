import { expect, it } from "vitest";
import { copiedOnce } from "./copied-once.ts";

const mebibyte = 1024 * 1024;

it("gives its memory back when it was copied, as grpc-js does it", () => {
  const bytes = copiedOnce(Buffer.alloc(mebibyte, "a"));
  const frame = Buffer.allocUnsafe(bytes.byteLength + 5);

  const copied = bytes.copy(frame, 5);

  expect(copied).toBe(mebibyte);
  expect(frame.subarray(5).equals(Buffer.alloc(mebibyte, "a"))).toBe(true);
  expect(bytes.buffer.byteLength).toBe(0);
});

it("says so instead of sending nothing when it is copied again", () => {
  const bytes = copiedOnce(Buffer.alloc(mebibyte, "a"));
  bytes.copy(Buffer.alloc(mebibyte));

  expect(() => bytes.copy(Buffer.alloc(mebibyte))).toThrow("a message that was sent is sent again");
});

it("keeps what was copied in part", () => {
  const bytes = copiedOnce(Buffer.alloc(mebibyte, "a"));

  expect(bytes.copy(Buffer.alloc(10))).toBe(10);
  expect(bytes.copy(Buffer.alloc(mebibyte))).toBe(mebibyte);
});

it("leaves small buffers alone, which share their memory with others", () => {
  const bytes = copiedOnce(Buffer.from("small"));
  bytes.copy(Buffer.alloc(5));

  expect(bytes.toString()).toBe("small");
});
