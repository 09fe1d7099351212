import { expect, test } from "vitest";
import { type KnownProtocols, negotiate } from "./negotiate.ts";

const known: KnownProtocols = {
  spdy: ["v4.channel.k8s.io", "v3.channel.k8s.io"],
  webSocket: ["v4.channel.k8s.io", ""],
};
const spdy = { connection: "Upgrade", upgrade: "SPDY/3.1" };
const webSocket = {
  connection: "keep-alive, Upgrade",
  upgrade: "WebSocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

test.each([
  [{ ...spdy, "x-stream-protocol-version": "v5.channel.k8s.io, v3.channel.k8s.io, v4.channel.k8s.io" }, "v3"],
  [{ ...spdy, "x-stream-protocol-version": ["v4.channel.k8s.io", "v3.channel.k8s.io"] }, "v4"],
  [{ ...webSocket, "sec-websocket-protocol": "v9.channel.k8s.io, v4.channel.k8s.io" }, "v4"],
  [webSocket, ""],
])("negotiate() takes the first that the client names and the server knows: %j", (headers, version) => {
  const agreement = negotiate(headers, known);

  expect(agreement).toMatchObject({ protocol: version === "" ? "" : `${version}.channel.k8s.io` });
});

test("negotiate() says so in the answer", () => {
  const protocols = { "x-stream-protocol-version": "v4.channel.k8s.io" };

  expect(negotiate({ ...spdy, ...protocols }, known)).toMatchObject({
    head:
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n" +
      "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n",
  });
});

test.each([
  ["no upgrade that we know", { connection: "Upgrade", upgrade: "h2c" }, 400],
  ["no sub-protocol", spdy, 400],
  ["no sub-protocol that we know", { ...spdy, "x-stream-protocol-version": "v9.channel.k8s.io" }, 403],
  ["no key", { ...webSocket, "sec-websocket-key": "short" }, 400],
  ["another version of WebSocket", { ...webSocket, "sec-websocket-version": "8" }, 400],
  ["no sub-protocol of WebSocket that we know", { ...webSocket, "sec-websocket-protocol": "chat" }, 403],
])("negotiate() refuses %s", (_what, headers, status) => {
  expect(negotiate(headers, known)).toMatchObject({ transport: "none", refusal: { status } });
});

test("negotiate() names what is known to a client that knows nothing of it", () => {
  const headers = { ...spdy, "x-stream-protocol-version": "v9.channel.k8s.io" };

  expect(negotiate(headers, known)).toMatchObject({
    refusal: { headers: { "X-Accepted-Stream-Protocol-Versions": "v4.channel.k8s.io, v3.channel.k8s.io" } },
  });
});
