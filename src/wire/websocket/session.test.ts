import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptKey } from "./handshake.ts";
import { WebSocketSession } from "./session.ts";

/** A session whose messages and bytes are noted. */
function observe(role: "client" | "server") {
  const messages: string[] = [];
  const sent: Buffer[] = [];
  const closes: number[] = [];
  let message = "";
  const session = new WebSocketSession(role, {
    send: (bytes) => void sent.push(Buffer.from(bytes)),
    messageBegin: () => (message = ""),
    messageBytes: (bytes) => (message += bytes.toString("latin1")),
    messageEnd: () => void messages.push(message),
    closed: (code) => void closes.push(code),
  });
  const takeSent = (): Buffer => Buffer.concat(sent.splice(0));
  return { session, messages, closes, takeSent };
}

/** What a client sends for these messages. */
function clientBytes(...messages: readonly (string | Buffer)[]): Buffer {
  const { session, takeSent } = observe("client");
  for (const message of messages) session.sendMessage("binary", [Buffer.from(message)]);
  return takeSent();
}

/** A frame with an empty mask, so that its bytes can be written down. */
function frame(first: number, payload: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.of(first, 0x80 | bytes.length, 0, 0, 0, 0), bytes]);
}

test("the key of RFC 6455 has the answer of RFC 6455", () => {
  expect(acceptKey("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test.each([0, 1, 125, 126, 65_535, 65_536])("a message of %i bytes arrives as it was sent, either way", (length) => {
  const message = Buffer.alloc(length, "abcdefg");
  const server = observe("server");
  const client = observe("client");

  server.session.receive(clientBytes(message));
  server.session.sendMessage("text", [message]);
  client.session.receive(server.takeSent());

  expect(server.messages).toEqual([message.toString()]);
  expect(client.messages).toEqual([message.toString()]);
});

test("WebSocketSession tells the same whatever pieces the bytes come in", () => {
  const wire = Buffer.concat([
    clientBytes("first", "", "x".repeat(300)),
    frame(0x02, "cut "),
    frame(0x89, "ping between"),
    frame(0x80, "in two"),
    frame(0x88, Buffer.from([0x03, 0xe8])),
  ]);
  const answers = observe("server");
  answers.session.receive(Buffer.from(wire));
  const expected = answers.takeSent();

  fc.assert(
    fc.property(fc.array(fc.nat(wire.length), { maxLength: 20 }), (cuts) => {
      const { session, messages, closes, takeSent } = observe("server");
      const ends = [...cuts, wire.length].sort((one, other) => one - other);
      for (const [index, end] of ends.entries()) session.receive(Buffer.from(wire.subarray(ends[index - 1] ?? 0, end)));

      expect(messages).toEqual(["first", "", "x".repeat(300), "cut in two"]);
      expect(closes).toEqual([1000]);
      expect(takeSent()).toEqual(expected);
    }),
  );
});

test("WebSocketSession answers a ping with its own words", () => {
  const { session, takeSent } = observe("server");

  session.receive(frame(0x89, "are you there"));

  expect(takeSent()).toEqual(Buffer.concat([Buffer.of(0x8a, 13), Buffer.from("are you there")]));
});

test("WebSocketSession answers a close once, and says nothing after it", () => {
  const { session, takeSent } = observe("server");

  session.receive(frame(0x88, Buffer.from([0x03, 0xe9])));
  session.sendMessage("binary", [Buffer.from("late")]);
  session.close();

  expect(takeSent()).toEqual(Buffer.from([0x88, 2, 0x03, 0xe9]));
});

test.each([
  ["a frame without a mask", Buffer.from([0x82, 1, 0]), 1002],
  ["an extension", frame(0xc2), 1002],
  ["an unknown opcode", frame(0x83), 1002],
  ["a ping in pieces", frame(0x09), 1002],
  ["a ping of more than 125 bytes", Buffer.from([0x89, 0xfe, 0, 126, 0, 0, 0, 0]), 1002],
  ["the middle of no message", frame(0x80, "x"), 1002],
  ["a message inside another", Buffer.concat([frame(0x02), frame(0x82)]), 1002],
  ["a close with half a code", frame(0x88, "x"), 1002],
  ["a close that nobody may say", frame(0x88, Buffer.from([0x03, 0xee])), 1002],
  ["2 GiB", Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]), 1009],
])("WebSocketSession ends with %s, and says why", (_what, bytes, code) => {
  const { session, takeSent } = observe("server");

  expect(() => session.receive(bytes)).toThrow(expect.objectContaining({ kind: "invalid" }));
  expect(takeSent().subarray(-4)).toEqual(Buffer.from([0x88, 2, code >> 8, code & 0xff]));
});

test("WebSocketSession survives any garbage with a fault at most", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 10 }), (pieces) => {
      const { session } = observe("server");

      expect([undefined, "invalid"]).toContain(
        failureOf(() => {
          for (const piece of pieces) session.receive(Buffer.from(piece));
        }),
      );
    }),
  );
});

function failureOf(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { readonly kind?: unknown }).kind ?? error;
  }
}
