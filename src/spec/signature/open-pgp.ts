import { Fault } from "#foundation";

const armorBlock = /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(.*?)-----END PGP PUBLIC KEY BLOCK-----/gs;
/** Names of hash functions by OpenPGP's numbers: those that still prove something. */
const soundHashes: ReadonlyMap<string, string> = new Map([
  ["8", "SHA256"],
  ["9", "SHA384"],
  ["10", "SHA512"],
  ["11", "SHA224"],
]);
const prefix = "[GNUPG:] ";

/**
 * The bare keys of a key file, which may be armored: gpgv reads nothing else.
 *
 * @throws Fault `invalid` when it holds no key
 * @see https://www.rfc-editor.org/rfc/rfc9580#section-6
 */
export function dearmorKeys(bytes: Buffer): Buffer {
  // The first byte of a packet has its highest bit set, and no text begins so.
  if ((bytes[0] ?? 0) >= 0x80) return bytes;
  const blocks = [...bytes.toString("latin1").matchAll(armorBlock)].map(([, block = ""]) => dearmor(block));
  if (blocks.length > 0 && blocks.every(({ length }) => length > 0)) return Buffer.concat(blocks);
  throw new Fault("invalid", "holds no OpenPGP public key");
}

/** Headers end at the first empty line; a line that begins with "=" is the checksum. */
function dearmor(block: string): Buffer {
  const lines = block.split(/\r?\n/);
  const body = lines.slice(lines.findIndex((line) => line.trim() === "") + 1);
  return Buffer.from(body.filter((line) => !line.startsWith("=")).join(""), "base64");
}

/** What gpgv found. */
type OpenPgpVerdict =
  /** `payloadBytes`: how long the message is, where it says so. */
  | { readonly isGood: true; readonly fingerprint: string; readonly payloadBytes: number | undefined }
  | { readonly isGood: false; readonly problem: string };

/**
 * Reads gpgv's status lines. Good is one signature over one message, nothing else: more of either would leave open what
 * was signed by whom.
 *
 * @see https://github.com/gpg/gnupg/blob/gnupg-2.2.40/doc/DETAILS
 */
export function decodeGpgStatus(text: string): OpenPgpVerdict {
  const lines = text.split("\n").filter((line) => line.startsWith(prefix));
  const words = lines.map((line) => line.slice(prefix.length).split(" "));
  const all = (...names: string[]): readonly (readonly string[])[] =>
    words.filter(([name = ""]) => names.includes(name));
  const bad = describeBad(all);
  if (bad !== undefined) return { isGood: false, problem: bad };
  const [, fingerprint = "", ...facts] = all("VALIDSIG")[0] ?? [];
  if (!soundHashes.has(facts[6] ?? "")) return { isGood: false, problem: "it uses a broken hash function" };
  if (facts[7] !== "00" && facts[7] !== "01") return { isGood: false, problem: "it does not sign a document" };
  const length = all("PLAINTEXT_LENGTH")[0]?.[1];
  return { isGood: true, fingerprint, payloadBytes: length === undefined ? undefined : Number(length) };
}

function describeBad(all: (...names: string[]) => readonly (readonly string[])[]): string | undefined {
  if (all("NO_PUBKEY").length > 0) return `no key of the policy made it (${all("NO_PUBKEY")[0]?.[1]})`;
  if (all("BADSIG").length > 0) return "it does not fit what it signs";
  if (all("EXPSIG").length > 0) return "it has expired";
  if (all("EXPKEYSIG").length > 0) return "its key has expired";
  if (all("REVKEYSIG").length > 0) return "its key was revoked";
  if (all("NODATA", "ERRSIG").length > 0) return "it is no OpenPGP signature that can be checked";
  const isOne = ["NEWSIG", "GOODSIG", "VALIDSIG", "PLAINTEXT"].every((name) => all(name).length === 1);
  return isOne && all("PLAINTEXT_LENGTH").length <= 1 ? undefined : "it is not one signature over one message";
}
