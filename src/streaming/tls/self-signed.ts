import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import {
  bitString,
  explicit,
  implicit,
  integer,
  isTrue,
  objectId,
  octetString,
  sequence,
  set,
  time,
  utf8,
} from "./der.ts";

const oid = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  subjectAltName: "2.5.29.17",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

const lifeMs: number = 365 * 24 * 60 * 60_000;
/** Clocks differ: who is a little behind must find it valid, too. */
const backdatedMs: number = 60 * 60_000;

/**
 * A new key and a certificate for this machine's own addresses that nobody else
 * vouches for. It is enough where the connection must be encrypted and the
 * client does not check whom it talks to, as kubelet does not.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280
 */
export function createSelfSigned(): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(objectId(oid.ecdsaWithSha256));
  const content = certificateContent(publicKey.export({ type: "spki", format: "der" }), algorithm);
  const signature = sign("sha256", content, privateKey);
  return {
    cert: toPem("CERTIFICATE", sequence(content, algorithm, bitString(signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function certificateContent(publicKey: Buffer, algorithm: Buffer): Buffer {
  const name = sequence(set(sequence(objectId(oid.commonName), utf8("crisp streaming"))));
  const now = Date.now();
  const version3 = explicit(0, integer(Buffer.of(2)));
  return sequence(
    version3,
    integer(newSerial()),
    algorithm,
    name,
    sequence(time(new Date(now - backdatedMs)), time(new Date(now + lifeMs))),
    name,
    publicKey,
    explicit(3, sequence(alternativeNames(), usage())),
  );
}

function newSerial(): Buffer {
  const serial = randomBytes(16);
  // Neither negative nor with a zero in front: an integer has one form only.
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  return serial;
}

function alternativeNames(): Buffer {
  const [dns, ip] = [2, 7];
  const ipv6Loopback = Buffer.alloc(16);
  ipv6Loopback.writeUInt8(1, 15);
  const names = sequence(
    implicit(dns, Buffer.from("localhost")),
    implicit(ip, Buffer.of(127, 0, 0, 1)),
    implicit(ip, ipv6Loopback),
  );
  return sequence(objectId(oid.subjectAltName), octetString(names));
}

function usage(): Buffer {
  return sequence(objectId(oid.extendedKeyUsage), isTrue(), octetString(sequence(objectId(oid.serverAuth))));
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
