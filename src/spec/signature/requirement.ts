import { Fault } from "#foundation";
import { type JsonObject, toObject, toTexts } from "../image/fields.ts";
import { decodeIdentityRule, type IdentityRule } from "./identity-rule.ts";
import { assertKnownKeys, toFilledText } from "./strict-json.ts";

/** Where a public key is: in a file, or in the policy itself. */
export type KeySource =
  | { readonly from: "file"; readonly path: string }
  | { readonly from: "policy"; readonly bytes: Buffer };

/** Wants a signature that one of the keys made, of this image. */
export interface SignatureRequirement {
  readonly type: "signedBy" | "sigstoreSigned";
  readonly keys: readonly KeySource[];
  readonly identity: IdentityRule;
}

/** One thing that a policy wants of an image. */
export type PolicyRequirement =
  | { readonly type: "insecureAcceptAnything" }
  | { readonly type: "reject" }
  | SignatureRequirement;

/** How each type calls its ways to name keys. */
const keyMembers = {
  signedBy: { path: "keyPath", paths: "keyPaths", data: "keyData", datas: undefined },
  sigstoreSigned: { path: "keyPath", paths: "keyPaths", data: "keyData", datas: "keyDatas" },
} as const;

/** What sigstore can do without a key of one's own, and crisp cannot check. */
const keylessMembers: readonly string[] = [
  "fulcio",
  "pki",
  "rekorPublicKeyPath",
  "rekorPublicKeyPaths",
  "rekorPublicKeyData",
  "rekorPublicKeyDatas",
];

/** @throws Fault `invalid` or `unsupported`, naming `what` */
export function decodeRequirement(value: unknown, what: string): PolicyRequirement {
  const document = toObject(value, what);
  const type = toFilledText(document["type"], `${what}.type`);
  switch (type) {
    case "insecureAcceptAnything":
    case "reject":
      assertKnownKeys(document, ["type"], what);
      return { type };
    case "signedBy":
      assertGpgKeys(document, what);
      return decodeSigned(document, type, what);
    case "sigstoreSigned":
      assertPlainKeys(document, what);
      return decodeSigned(document, type, what);
    default:
      throw new Fault("invalid", `${what}.type ${JSON.stringify(type)} is not known`);
  }
}

function decodeSigned(document: JsonObject, type: SignatureRequirement["type"], what: string): SignatureRequirement {
  const members = keyMembers[type];
  const names = Object.values(members).filter((name) => name !== undefined);
  const ofType = type === "signedBy" ? ["keyType"] : [];
  assertKnownKeys(document, ["type", ...ofType, ...names, "signedIdentity"], what);
  const given = names.filter((name) => document[name] !== undefined);
  if (given.length !== 1) {
    throw new Fault("invalid", `${what} needs exactly one of ${names.join(", ")}; it has ${given.length}`);
  }
  const identity = decodeIdentityRule(document["signedIdentity"], `${what}.signedIdentity`);
  return { type, keys: decodeKeys(document, members, what), identity };
}

function decodeKeys(
  document: JsonObject,
  { path, paths, data, datas }: (typeof keyMembers)[SignatureRequirement["type"]],
  what: string,
): readonly KeySource[] {
  if (document[path] !== undefined) return [toKeyFile(document[path], `${what}.${path}`)];
  if (document[paths] !== undefined) {
    return toFilledList(document[paths], `${what}.${paths}`).map((file, index) =>
      toKeyFile(file, `${what}.${paths}[${index}]`),
    );
  }
  if (document[data] !== undefined) return [toKeyBytes(document[data], `${what}.${data}`)];
  return toFilledList(document[datas ?? ""], `${what}.${datas}`).map((key, index) =>
    toKeyBytes(key, `${what}.${datas}[${index}]`),
  );
}

function toFilledList(value: unknown, what: string): readonly string[] {
  const list = toTexts(value, what);
  if (list.length === 0) throw new Fault("invalid", `${what} is empty: at least one key must stand`);
  return list;
}

/** A relative path would depend on where the daemon was started. */
function toKeyFile(value: unknown, what: string): KeySource {
  const path = toFilledText(value, what);
  if (!path.startsWith("/")) throw new Fault("invalid", `${what} ${JSON.stringify(path)} is not an absolute path`);
  return { from: "file", path };
}

function toKeyBytes(value: unknown, what: string): KeySource {
  const text = toFilledText(value, what);
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text)) throw new Fault("invalid", `${what} is not base64`);
  return { from: "policy", bytes: Buffer.from(text, "base64") };
}

function assertGpgKeys(document: JsonObject, what: string): void {
  const keyType = toFilledText(document["keyType"], `${what}.keyType`);
  if (keyType === "GPGKeys") return;
  throw new Fault("unsupported", `${what}.keyType ${JSON.stringify(keyType)} cannot be checked; GPGKeys can`);
}

function assertPlainKeys(document: JsonObject, what: string): void {
  const keyless = keylessMembers.find((name) => document[name] !== undefined);
  if (keyless === undefined) return;
  const known = "a key by keyPath, keyPaths, keyData or keyDatas can";
  throw new Fault("unsupported", `${what}.${keyless}: signatures by certificate or log cannot be checked; ${known}`);
}
