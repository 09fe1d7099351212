import { expect, test } from "vitest";
import { parseForwardedPort } from "./ports.ts";

test.each([
  ["80", { local: 80, remote: 80 }],
  ["8080:80", { local: 8080, remote: 80 }],
  [":80", { local: 0, remote: 80 }],
  ["0:80", { local: 0, remote: 80 }],
])("parseForwardedPort() reads %s", (text, port) => {
  expect(parseForwardedPort(text)).toEqual(port);
});

test.each(["", ":", "80:", "0", "1:0", "65536", "65536:1", "a", "1:2:3", "-1"])(
  "parseForwardedPort() refuses %j",
  (text) => {
    expect(() => parseForwardedPort(text)).toThrow(expect.objectContaining({ kind: "invalid" }));
  },
);
