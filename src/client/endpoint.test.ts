import { expect, test } from "vitest";
import { parseEndpoint } from "./endpoint.ts";

test.each(["unix:///run/crisp/crisp.sock", "unix:/run/crisp/crisp.sock", "/run/crisp/crisp.sock"])(
  "parseEndpoint() reads %s",
  (text) => {
    expect(parseEndpoint(text)).toEqual({ url: "unix:///run/crisp/crisp.sock", socketPath: "/run/crisp/crisp.sock" });
  },
);

test.each(["tcp://127.0.0.1:1", "unix://run/crisp.sock", "crisp.sock", "", `/${"x".repeat(107)}`])(
  "parseEndpoint() refuses %j",
  (text) => {
    expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({ kind: "invalid" }));
  },
);
