import { Fault } from "#foundation";
import type { FoundSignature } from "./types.ts";

type Members = Readonly<Record<string, unknown>>;

/** Signatures as a document that the store keeps beside the image. */
export function encodeSignatures(signatures: readonly FoundSignature[]): Buffer {
  const entries = signatures.map((found) =>
    found.kind === "sigstore"
      ? { ...found, payload: found.payload.toString("base64") }
      : { ...found, bytes: found.bytes.toString("base64") },
  );
  return Buffer.from(JSON.stringify({ signatures: entries }));
}

/** @throws Fault `broken` when it is not what `encodeSignatures` made */
export function decodeSignatures(document: Buffer): readonly FoundSignature[] {
  const { signatures } = JSON.parse(document.toString("utf8")) as Members;
  if (!Array.isArray(signatures)) throw bad("signatures");
  return signatures.map((entry: unknown) => decodeSignature(entry as Members));
}

function decodeSignature(entry: Members): FoundSignature {
  const origin = text(entry, "origin");
  switch (entry["kind"]) {
    case "sigstore":
      return { kind: "sigstore", origin, payload: bytes(entry, "payload"), signature: text(entry, "signature") };
    case "simple-signing":
      return { kind: "simple-signing", origin, bytes: bytes(entry, "bytes") };
    default:
      throw bad("kind");
  }
}

function bytes(entry: Members, name: string): Buffer {
  return Buffer.from(text(entry, name), "base64");
}

function text(entry: Members, name: string): string {
  const value = entry[name];
  if (typeof value !== "string") throw bad(name);
  return value;
}

function bad(name: string): Fault {
  return new Fault("broken", `kept signatures: ${name} is not what it must be`);
}
