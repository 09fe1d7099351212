import { assert, nat, property, stringMatching, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { read } from "./archive-fixture.ts";
import { encodeTarHeader, tarEnd, tarPadding } from "./encode.ts";
import { decodeHeader } from "./header.ts";

describe("encodeTarHeader()", () => {
  it("writes what the reader reads", () => {
    const anyFile = property(stringMatching(/^[a-z0-9/]{1,99}z$/), uint8Array({ maxLength: 2000 }), (path, body) => {
      const header = encodeTarHeader({ path, sizeBytes: body.length });

      const [entry] = read(Buffer.concat([header, body, tarPadding(body.length), tarEnd]));

      expect(entry).toMatchObject({ kind: "file", path, sizeBytes: body.length, mode: 0o444, uid: 0, gid: 0 });
      expect(entry?.body).toBe(Buffer.from(body).toString("latin1"));
    });
    assert(anyFile);
  });

  it("writes sizes beyond octal digits", () => {
    const large = property(nat(1000), (more) => {
      const sizeBytes = 8 ** 11 - 500 + more;

      expect(decodeHeader(encodeTarHeader({ path: "f", sizeBytes })).sizeBytes).toBe(sizeBytes);
    });
    assert(large);
  });

  it.each(["", "n".repeat(101), "é", "a\nb"])("refuses the path %j", (path) => {
    expect(() => encodeTarHeader({ path, sizeBytes: 0 })).toThrow(/does not fit into a header/);
  });
});
