import { expect, test } from "vitest";
import { Tokens } from "./tokens.ts";

function createTokens(max = 3) {
  const clock = { now: 0n, nowNanos: () => clock.now };
  return { tokens: new Tokens<string>({ lifeMs: 60_000, max }, clock), clock };
}

test("a token works once", () => {
  const { tokens } = createTokens();
  const token = tokens.issue("what waits");

  expect([tokens.redeem(token), tokens.redeem(token)]).toEqual(["what waits", undefined]);
});

test("a token is void after a minute", () => {
  const { tokens, clock } = createTokens();
  const token = tokens.issue("what waits");

  clock.now = 60_000_000_000n;

  expect(tokens.redeem(token)).toBeUndefined();
});

test("a token holds 128 secret bits, and another secret under the same name is nothing", () => {
  const { tokens } = createTokens();
  const token = tokens.issue("what waits");
  const bytes = Buffer.from(token, "base64url");
  const last = bytes.length - 1;
  bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);

  expect(tokens.redeem(bytes.toString("base64url"))).toBeUndefined();
  expect(bytes.length * 8).toBeGreaterThanOrEqual(128 + 48);
  expect(tokens.redeem(token)).toBe("what waits");
});

test.each(["", "x", "ÿ", "A".repeat(10_000)])("%j is no token", (text) => {
  expect(createTokens().tokens.redeem(text)).toBeUndefined();
});

test("no more tokens wait than allowed, until some are used or too old", () => {
  const { tokens, clock } = createTokens(2);
  const first = tokens.issue("first");
  tokens.issue("second");

  expect(() => tokens.issue("third")).toThrow(expect.objectContaining({ kind: "exhausted" }));
  tokens.redeem(first);
  expect(tokens.issue("third")).not.toBe(first);
  clock.now = 60_000_000_000n;
  expect([tokens.issue("fourth"), tokens.issue("fifth")]).toHaveLength(2);
});
