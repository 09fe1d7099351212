import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { digestOf } from "../image/digest.ts";
import { attachmentTagOf, decodeSignatureAttachments } from "./attachments.ts";
import { dearmorKeys, decodeGpgStatus } from "./open-pgp.ts";
import { decodeSignedClaim } from "./payload.ts";
import { parseRegistriesFile } from "./registries-file.ts";

const digest = digestOf("manifest");

interface Claim {
  readonly critical?: object;
  readonly optional?: unknown;
}

function claim(change: Claim = {}): Buffer {
  const critical = {
    identity: { "docker-reference": "quay.io/app:v1" },
    image: { "docker-manifest-digest": digest },
    type: "atomic container signature",
  };
  return Buffer.from(
    JSON.stringify({ critical: { ...critical, ...change.critical }, optional: change.optional ?? {} }),
  );
}

describe("decodeSignedClaim()", () => {
  it("reads what is signed", () => {
    expect(decodeSignedClaim(claim(), "simple-signing")).toEqual({ digest, reference: "quay.io/app:v1" });
  });

  it("takes no signature of one kind for one of the other", () => {
    expect(() => decodeSignedClaim(claim(), "sigstore")).toThrow(/type is not "cosign container image signature"/);
  });

  it.each<[Claim, RegExp]>([
    [{ critical: { more: 1 } }, /payload.critical has the unknown key "more"/],
    [{ critical: { image: {} } }, /docker-manifest-digest is missing/],
    [{ critical: { image: { "docker-manifest-digest": "md5:0" } } }, /is no sha256 digest/],
    [{ critical: { identity: { "docker-reference": "" } } }, /docker-reference is not a text/],
    [{ critical: { identity: { "docker-reference": "a", also: "b" } } }, /unknown key "also"/],
    [{ optional: 1 }, /payload.optional is not an object/],
  ])("refuses %j", (change, problem) => {
    expect(() => decodeSignedClaim(claim(change), "simple-signing")).toThrow(problem);
  });

  it("refuses a claim that says something twice", () => {
    const twice = claim()
      .toString()
      .replace('"image":', `"image":{"docker-manifest-digest":"${digestOf("other")}"},"image":`);

    expect(() => decodeSignedClaim(Buffer.from(twice), "simple-signing")).toThrow(/the key "image" twice/);
  });

  it("ends in a claim or a fault, whatever it is given", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(() => decodeSignedClaim(bytes, "sigstore")).toThrow(Fault);
        },
      ),
    );
  });
});

describe("decodeSignatureAttachments()", () => {
  const payload = { mediaType: "application/vnd.dev.cosign.simplesigning.v1+json", digest, size: 3 };
  const annotations = { "dev.cosignproject.cosign/signature": "c2ln" };
  const decode = (layers: readonly object[]): unknown =>
    decodeSignatureAttachments(Buffer.from(JSON.stringify({ layers })));

  it("takes the signatures and leaves out what else is attached", () => {
    const others = [{ ...payload, mediaType: "application/vnd.in-toto+json", annotations }, payload];

    expect(decode([...others, { ...payload, annotations }])).toEqual([
      { payload: { mediaType: payload.mediaType, digest, sizeBytes: 3 }, signature: "c2ln" },
    ]);
  });

  it("names the tag as cosign does", () => {
    expect(attachmentTagOf(digest)).toBe(`sha256-${digest.slice("sha256:".length)}.sig`);
  });
});

describe("decodeGpgStatus()", () => {
  const fingerprint = "94671CB68CAAF2329AB0AC8DB58F4517ADDA1BDC";
  const good = [
    "PLAINTEXT 62 1795257431 ",
    "PLAINTEXT_LENGTH 12",
    "NEWSIG",
    `KEY_CONSIDERED ${fingerprint} 0`,
    "GOODSIG B58F4517ADDA1BDC Test <t@example.org>",
    `VALIDSIG ${fingerprint} 2026-11-21 1795257431 0 4 0 1 10 00 ${fingerprint}`,
  ];
  const status = (lines: readonly string[]): string => lines.map((line) => `[GNUPG:] ${line}\n`).join("");
  const instead = (from: string, ...to: string[]): string =>
    status(good.flatMap((line) => (line.startsWith(from) ? to : [line])));

  it("takes one good signature over one message", () => {
    expect(decodeGpgStatus(status(good))).toEqual({ isGood: true, fingerprint, payloadBytes: 12 });
  });

  it.each([
    [
      "another key",
      instead("GOODSIG", "ERRSIG B58F4517ADDA1BDC 1 10 00 1 9 -", "NO_PUBKEY B58F4517ADDA1BDC"),
      /no key/,
    ],
    ["another message", instead("GOODSIG", "BADSIG B58F4517ADDA1BDC Test"), /does not fit/],
    ["an expired signature", instead("GOODSIG", "EXPSIG B58F4517ADDA1BDC Test"), /has expired/],
    ["an expired key", instead("GOODSIG", "EXPKEYSIG B58F4517ADDA1BDC Test"), /key has expired/],
    ["a revoked key", instead("GOODSIG", "REVKEYSIG B58F4517ADDA1BDC Test"), /was revoked/],
    ["no signature", "[GNUPG:] NODATA 4\n", /no OpenPGP signature/],
    ["nothing", "", /not one signature/],
    ["two signatures", instead("NEWSIG", "NEWSIG", "NEWSIG"), /not one signature/],
    ["two messages", instead("PLAINTEXT ", "PLAINTEXT 62 1 ", "PLAINTEXT 62 1 "), /not one signature/],
    ["no valid signature", instead("VALIDSIG"), /not one signature/],
    ["SHA1", status(good).replace(" 1 10 00 ", " 1 2 00 "), /broken hash/],
    ["a signature of a key", status(good).replace(" 1 10 00 ", " 1 10 13 "), /does not sign a document/],
  ])("refuses %s", (_, text, problem) => {
    expect(decodeGpgStatus(text)).toEqual({ isGood: false, problem: expect.stringMatching(problem) as string });
  });
});

describe("dearmorKeys()", () => {
  const packets = Buffer.from([0x99, 1, 2, 3, 4, 5]);
  const armored = (headers: string): string =>
    `-----BEGIN PGP PUBLIC KEY BLOCK-----\n${headers}\n${packets.toString("base64")}\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n`;

  it("takes bare keys as they are, and armored ones out of their armor", () => {
    expect(dearmorKeys(packets)).toEqual(packets);
    expect(dearmorKeys(Buffer.from(armored("")))).toEqual(packets);
    expect(dearmorKeys(Buffer.from(`${armored("Comment: one\n")}between\r\n${armored("")}`))).toEqual(
      Buffer.concat([packets, packets]),
    );
  });

  it.each(["", "no key", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----"])(
    "refuses %j",
    (text) => {
      expect(() => dearmorKeys(Buffer.from(text))).toThrow(/holds no OpenPGP public key/);
    },
  );
});

describe("parseRegistriesFile()", () => {
  it("reads both names of a lookaside, and whether signatures are attached", async () => {
    const file = await parseRegistriesFile(
      [
        "default-docker:",
        "  sigstore: file:///var/sigs",
        "  sigstore-staging: file:///var/staging",
        "docker:",
        "  quay.io:",
        "    lookaside: https://sigs.example/base",
        "  quay.io/team:",
        "    use-sigstore-attachments: false",
      ].join("\n"),
    );

    expect(file.defaultPlace?.lookaside?.href).toBe("file:///var/sigs");
    expect(file.byScope.get("quay.io")?.lookaside?.href).toBe("https://sigs.example/base");
    expect(file.byScope.get("quay.io/team")).toEqual({ lookaside: undefined, hasAttachments: false });
  });

  it("takes an empty file", async () => {
    expect(await parseRegistriesFile("# nothing\n")).toEqual({ defaultPlace: undefined, byScope: new Map() });
  });

  it.each([
    ["docker: [", /is not YAML/],
    ["[]", /the document is not an object/],
    ["default-docker: {lookaside: ftp://a}", /default-docker.lookaside "ftp:\/\/a" is not/],
    ["default-docker: {lookaside: https://user:pw@a}", /is not an http/],
    ["default-docker: {lookaside: file://host/a}", /names a host for a file/],
    ["docker: {a: {use-sigstore-attachments: 1}}", /docker\["a"\].use-sigstore-attachments is not true or false/],
  ])("refuses %j", async (text, problem) => {
    await expect(parseRegistriesFile(text)).rejects.toThrow(problem);
  });
});
