import { createPublicKey, type KeyObject } from "node:crypto";
import { Fault } from "#foundation";
import type { Host } from "#host";
import { dearmorKeys, type KeySource } from "#spec";

type Files = Pick<Host["files"], "read">;

const maxKeyFileBytes: number = 1024 * 1024;
const leastRsaBits = 2048;
const soundCurves: ReadonlySet<string> = new Set(["prime256v1", "secp384r1", "secp521r1"]);

/** All keys of a requirement in one ring, as gpgv reads it. @throws Fault naming the key */
export async function readKeyring(sources: readonly KeySource[], files: Files): Promise<Buffer> {
  return Buffer.concat(await Promise.all(sources.map((source) => readKey(source, files, dearmorKeys))));
}

/** @throws Fault naming the key */
export async function readPublicKeys(sources: readonly KeySource[], files: Files): Promise<readonly KeyObject[]> {
  return Promise.all(sources.map((source) => readKey(source, files, parsePublicKey)));
}

async function readKey<T>(source: KeySource, files: Files, decode: (bytes: Buffer) => T): Promise<T> {
  try {
    return decode(
      source.from === "policy" ? source.bytes : await files.read(source.path, { maxBytes: maxKeyFileBytes }),
    );
  } catch (error) {
    throw Fault.within(source.from === "policy" ? "key of the policy" : `key ${source.path}`, error);
  }
}

/** Only what is named a public key: Node would take a private key or a certificate, too. */
function parsePublicKey(bytes: Buffer): KeyObject {
  const pem = bytes.toString("latin1");
  if (!pem.includes("-----BEGIN PUBLIC KEY-----")) throw new Fault("invalid", "is no PEM with a PUBLIC KEY");
  let key: KeyObject;
  try {
    key = createPublicKey({ key: pem.slice(pem.indexOf("-----BEGIN PUBLIC KEY-----")), format: "pem", type: "spki" });
  } catch (cause) {
    throw new Fault("invalid", "cannot be read as a public key", { cause });
  }
  if (!isSound(key)) throw new Fault("unsupported", `is of a kind that is not accepted: ${key.asymmetricKeyType}`);
  return key;
}

function isSound({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  switch (asymmetricKeyType) {
    case "ed25519":
      return true;
    case "rsa":
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= leastRsaBits;
    case "ec":
      return soundCurves.has(asymmetricKeyDetails?.namedCurve ?? "");
    default:
      return false;
  }
}
