import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeControl, encodeDataHeader, encodeFlaggedControl, frameType } from "./frame.ts";
import { HeaderBlockWriter } from "./header-block.ts";
import type { SpdyLimits } from "./limits.ts";
import { SpdySession } from "./session.ts";

/** A session whose events and bytes are noted. */
function observe(role: "client" | "server", limits: Partial<SpdyLimits> = {}) {
  const events: unknown[] = [];
  const sent: Buffer[] = [];
  const session = new SpdySession(
    role,
    {
      send: (bytes) => void sent.push(Buffer.from(bytes)),
      opened: (streamId, headers) => void events.push(["opened", streamId, Object.fromEntries(headers)]),
      replied: (streamId) => void events.push(["replied", streamId]),
      data: (streamId, bytes) => note(events, streamId, bytes),
      ended: (streamId) => void events.push(["ended", streamId]),
      reset: (streamId, status) => void events.push(["reset", streamId, status]),
      windowOpened: () => undefined,
      flowControlled: () => void events.push(["flow controlled"]),
      goneAway: (status) => void events.push(["gone away", status]),
    },
    limits,
  );
  const takeSent = (): Buffer => Buffer.concat(sent.splice(0));
  return { session, events, takeSent };
}

/** Data in a row is one event, however it was cut. */
function note(events: unknown[], streamId: number, bytes: Buffer): void {
  const last = events.at(-1) as [string, number, string] | undefined;
  if (last?.[0] === "data" && last[1] === streamId) last[2] += bytes.toString("latin1");
  else if (bytes.length > 0) events.push(["data", streamId, bytes.toString("latin1")]);
}

/** What a client may send, as bytes. */
class Peer {
  readonly #headers = new HeaderBlockWriter();

  open(streamId: number, headers: Record<string, string> = {}, flags = 0): Buffer {
    const block = this.#headers.write(new Map(Object.entries(headers).map(([name, value]) => [name, [value]])));
    return encodeFlaggedControl(frameType.synStream, flags, [streamId, 0], Buffer.concat([Buffer.alloc(2), block]));
  }

  data(streamId: number, text: string, flags = 0): Buffer {
    return Buffer.concat([encodeDataHeader(streamId, flags, text.length), Buffer.from(text)]);
  }
}

const windowUpdate = (streamId: number, delta: number): Buffer =>
  encodeControl(frameType.windowUpdate, [streamId, delta]);
const settings = (window: number): Buffer => encodeControl(frameType.settings, [1, 7, window]);
const reset = (streamId: number, status: number): Buffer => encodeControl(frameType.rstStream, [streamId, status]);

test("SpdySession answers a stream at once, before the next one is there", () => {
  const { session, takeSent } = observe("server");
  const client = observe("client");

  client.session.open(new Map([["streamtype", ["error"]]]));
  session.receive(client.takeSent());
  client.session.receive(takeSent());

  expect(client.events).toEqual([["replied", 1]]);
});

test("SpdySession tells the same whatever pieces the bytes come in", () => {
  const whole = aConversation();
  const { session, events } = observe("server");
  session.receive(whole);

  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 20 }), (cuts) => {
      const pieces = observe("server");
      const ends = [...cuts, whole.length].sort((one, other) => one - other);
      for (const [index, end] of ends.entries()) pieces.session.receive(whole.subarray(ends[index - 1] ?? 0, end));

      expect(pieces.events).toEqual(events);
    }),
  );
});

function aConversation(): Buffer {
  const peer = new Peer();
  return Buffer.concat([
    peer.open(1, { streamtype: "error" }),
    peer.open(3, { streamtype: "stdin" }),
    peer.data(3, "hello "),
    encodeControl(frameType.ping, [1]),
    peer.data(3, "world", 1),
    peer.open(5, { streamtype: "stdout" }, 1),
    settings(100_000),
    windowUpdate(5, 10),
    encodeControl(99, [1, 2, 3]),
    reset(1, 5),
    encodeControl(frameType.goAway, [0, 0]),
  ]);
}

test("SpdySession tells a conversation in order", () => {
  const { session, events } = observe("server");

  session.receive(aConversation());

  expect(events).toEqual([
    ["opened", 1, { streamtype: ["error"] }],
    ["opened", 3, { streamtype: ["stdin"] }],
    ["data", 3, "hello world"],
    ["ended", 3],
    ["opened", 5, { streamtype: ["stdout"] }],
    ["ended", 5],
    ["flow controlled"],
    ["reset", 1, 5],
    ["gone away", 0],
  ]);
});

test("SpdySession answers the peer's pings, and not the answers to its own", () => {
  const { session, takeSent } = observe("server");

  session.receive(encodeControl(frameType.ping, [7]));
  session.receive(encodeControl(frameType.ping, [2]));

  expect(takeSent()).toEqual(encodeControl(frameType.ping, [7]));
});

test("SpdySession sends without windows to a peer that has none", () => {
  const { session } = observe("server");
  session.receive(new Peer().open(1));

  const sent = Array.from({ length: 10 }, () => session.sendData(1, Buffer.alloc(64 * 1024)));

  expect(sent).toEqual(Array.from({ length: 10 }, () => 64 * 1024));
});

test("SpdySession keeps to the windows of a peer that has some", () => {
  const { session } = observe("server");
  session.receive(Buffer.concat([settings(1_000), new Peer().open(1)]));

  const first = session.sendData(1, Buffer.alloc(5_000));
  const second = session.sendData(1, Buffer.alloc(4_000));
  session.receive(windowUpdate(1, 300));
  const third = session.sendData(1, Buffer.alloc(4_000));

  expect([first, second, third]).toEqual([1_000, 0, 300]);
});

test("SpdySession counts a window from the start when the peer shows late that it has one", () => {
  const { session } = observe("server");
  session.receive(new Peer().open(1));
  session.sendData(1, Buffer.alloc(60_000));

  session.receive(windowUpdate(1, 1));

  expect(session.sendData(1, Buffer.alloc(60_000))).toBe(64 * 1024 - 60_000);
});

test("SpdySession keeps to the window of the whole session", () => {
  const { session } = observe("server");
  const peer = new Peer();
  session.receive(Buffer.concat([settings(1_000_000), peer.open(1), peer.open(3)]));

  const first = session.sendData(1, Buffer.alloc(60_000));
  const second = session.sendData(3, Buffer.alloc(60_000));
  session.receive(windowUpdate(0, 10));

  expect([first, second, session.sendData(3, Buffer.alloc(100))]).toEqual([60_000, 64 * 1024 - 60_000, 10]);
});

test("SpdySession gives back what was consumed, to the stream and to the session", () => {
  const { session, takeSent } = observe("server");
  session.receive(Buffer.concat([new Peer().open(1)]));
  takeSent();

  session.consumed(1, 32 * 1024 - 1);
  const early = takeSent();
  session.consumed(1, 1);

  expect(early).toHaveLength(0);
  expect(takeSent()).toEqual(Buffer.concat([windowUpdate(0, 32 * 1024), windowUpdate(1, 32 * 1024)]));
});

test("SpdySession resets a stream whose window overflows, and goes on with the others", () => {
  const { session, events, takeSent } = observe("server", { window: 10, sessionWindow: 64 * 1024 });
  const peer = new Peer();
  session.receive(Buffer.concat([settings(1_000), peer.open(1), peer.open(3)]));
  takeSent();

  session.receive(Buffer.concat([peer.data(1, "12345678901"), peer.data(3, "fine")]));

  expect(takeSent()).toEqual(reset(1, 7));
  expect(events.slice(-2)).toEqual([
    ["reset", 1, 7],
    ["data", 3, "fine"],
  ]);
});

test("SpdySession ends when the window of the whole session overflows", () => {
  const { session } = observe("server", { window: 1_000_000, sessionWindow: 64 * 1024 });
  const peer = new Peer();
  session.receive(Buffer.concat([settings(1_000), peer.open(1)]));

  expect(() => session.receive(peer.data(1, "x".repeat(64 * 1024 + 1)))).toThrow(/session window overflows/);
});

test("SpdySession refuses windows of more than 31 bits", () => {
  const { session, takeSent } = observe("server");
  session.receive(new Peer().open(1));
  takeSent();

  session.receive(windowUpdate(1, 0x7fffffff));

  expect(takeSent().subarray(0, 16)).toEqual(reset(1, 7));
  expect(() => session.receive(windowUpdate(0, 0x7fffffff))).toThrow(/beyond 31 bits/);
});

test("SpdySession refuses streams beyond the limit, until others have ended", () => {
  const { session, events, takeSent } = observe("server", { streams: 1 });
  const peer = new Peer();
  session.receive(peer.open(1));
  takeSent();

  session.receive(peer.open(3));
  const refusal = takeSent();
  session.receive(Buffer.concat([reset(1, 5), peer.open(5)]));

  expect(refusal).toEqual(reset(3, 3));
  expect(events).toEqual([
    ["opened", 1, {}],
    ["reset", 1, 5],
    ["opened", 5, {}],
  ]);
});

test("SpdySession tells a peer about data on a stream that never was, and drops what was in flight", () => {
  const { session, events, takeSent } = observe("server");
  const peer = new Peer();
  session.receive(peer.open(1));
  session.reset(1, 5);
  takeSent();

  session.receive(Buffer.concat([peer.data(1, "late"), peer.data(9, "never")]));

  expect(takeSent()).toEqual(reset(9, 2));
  expect(events).toEqual([["opened", 1, {}]]);
});

test("SpdySession lets each side end on its own", () => {
  const { session, events, takeSent } = observe("server");
  const peer = new Peer();
  session.receive(Buffer.concat([peer.open(1), peer.data(1, "in", 1)]));
  takeSent();

  session.sendData(1, Buffer.from("out"));
  session.end(1);
  session.receive(peer.data(1, "", 1));

  expect(takeSent()).toEqual(Buffer.concat([peer.data(1, "out"), encodeDataHeader(1, 1, 0)]));
  expect(events.slice(1)).toEqual([
    ["data", 1, "in"],
    ["ended", 1],
  ]);
});

test.each([
  ["another version", Buffer.from([0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1]), /version 2/],
  ["a control frame beyond the limit", Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]), /16777215 bytes/],
  ["a frame that is too short", encodeControl(frameType.rstStream, [1]), /8 are the least/],
  ["an even stream", new Peer().open(2), /stream 2 was opened after stream 0/],
  ["stream 0", encodeControl(frameType.rstStream, [0, 1]), /names no stream/],
  ["settings of another length", encodeControl(frameType.settings, [9, 7, 1]), /settings say 9/],
])("SpdySession ends with %s, and says so", (_what, bytes, problem) => {
  const { session, takeSent } = observe("server");

  expect(() => session.receive(bytes)).toThrow(problem);
  expect(takeSent()).toEqual(encodeControl(frameType.goAway, [0, 1]));
});

test("SpdySession does not open a stream twice", () => {
  const { session } = observe("server");
  const peer = new Peer();

  expect(() => session.receive(Buffer.concat([peer.open(3), peer.open(3)]))).toThrow(/was opened after stream 3/);
});

test("SpdySession survives any garbage with a fault at most", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 10 }), fc.boolean(), (pieces, isControl) => {
      const { session } = observe("server");
      const start = isControl ? [Buffer.from([0x80, 3, 0])] : [];

      expect([undefined, "invalid"]).toContain(
        failureOf(() => {
          for (const piece of [...start, ...pieces]) session.receive(Buffer.from(piece));
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
