import { assert, bigInt, constantFrom, dictionary, nat, property, record, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { read } from "./archive-fixture.ts";
import { encodeTarEntry, plainTarFile, tarEnd } from "./encode.ts";
import { decodeHeader } from "./header.ts";

/** Byte strings without the byte that ends one. */
const name = string({ unit: "binary-ascii", minLength: 1, maxLength: 300 }).map((text) =>
  text.replaceAll("\0", "x").replaceAll("~", "\xe9"),
);

const entries = record({
  kind: constantFrom("directory", "symlink", "hard-link", "fifo", "character-device", "block-device"),
  path: name.map((path) => `p${path}z`),
  linkPath: name,
  mode: nat(0o7777),
  uid: nat(2 ** 32 - 1),
  gid: nat(2 ** 32 - 1),
  modifiedAtNanos: bigInt({ min: -(10n ** 18n), max: 10n ** 19n }),
  deviceMajor: nat(4095),
  deviceMinor: nat(2 ** 20 - 1),
  xattrs: dictionary(constantFrom("security.capability", "user.note"), uint8Array({ maxLength: 40 })).map(
    (values) => new Map(Object.entries(values)),
  ),
});

describe("encodeTarEntry()", () => {
  it("writes what the reader reads, whatever the names, owners, times and attributes", () => {
    const anyEntry = property(entries, (wanted) => {
      const isDevice = wanted.kind === "character-device" || wanted.kind === "block-device";
      const isLink = wanted.kind === "symlink" || wanted.kind === "hard-link";
      const entry = {
        ...wanted,
        sizeBytes: 0,
        linkPath: isLink ? wanted.linkPath : "",
        ...(isDevice ? {} : { deviceMajor: 0, deviceMinor: 0 }),
      };

      const [found] = read(Buffer.concat([encodeTarEntry(entry), tarEnd]));

      expect({ ...found, xattrs: plain(found?.xattrs) }).toEqual({ ...entry, xattrs: plain(entry.xattrs), body: "" });
    });
    assert(anyEntry);
  });

  it("writes sizes beyond octal digits", () => {
    const large = property(nat(1000), (more) => {
      const sizeBytes = 8 ** 11 - 500 + more;

      expect(decodeHeader(encodeTarEntry(plainTarFile("f", sizeBytes))).sizeBytes).toBe(sizeBytes);
    });
    assert(large);
  });
});

function plain(xattrs: ReadonlyMap<string, Uint8Array> | undefined): Record<string, string> {
  return Object.fromEntries([...(xattrs ?? [])].map(([key, value]) => [key, Buffer.from(value).toString("hex")]));
}
