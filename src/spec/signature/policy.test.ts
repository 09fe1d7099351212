import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { decodeSignaturePolicy } from "./policy.ts";

const key = { keyPath: "/etc/key.pub" };
const accept = { type: "insecureAcceptAnything" };

function decode(document: unknown): ReturnType<typeof decodeSignaturePolicy> {
  return decodeSignaturePolicy(Buffer.from(typeof document === "string" ? document : JSON.stringify(document)));
}

/** What decoding ends in. */
function outcomeOf(text: string): string {
  try {
    return decode(text).default.length > 0 ? "policy" : "nothing";
  } catch (error) {
    return error instanceof Fault ? "fault" : String(error);
  }
}

/** A policy whose one requirement is this. */
function policyWith(requirement: object): object {
  return { default: [requirement] };
}

describe("decodeSignaturePolicy()", () => {
  it("reads every kind of requirement", () => {
    const policy = decode({
      default: [{ type: "reject" }],
      transports: {
        docker: {
          "": [accept],
          "quay.io/team": [
            { type: "signedBy", keyType: "GPGKeys", keyPaths: ["/a", "/b"], signedIdentity: { type: "matchExact" } },
            { type: "sigstoreSigned", keyDatas: ["YQ==", "Yg=="] },
          ],
          "*.example.com": [{ type: "signedBy", keyType: "GPGKeys", keyData: "YQ==" }],
        },
        "docker-daemon": { "": [accept] },
      },
    });

    expect(policy.default).toEqual([{ type: "reject" }]);
    expect(Object.fromEntries(policy.docker)).toEqual({
      "": [accept],
      "quay.io/team": [
        {
          type: "signedBy",
          keys: [
            { from: "file", path: "/a" },
            { from: "file", path: "/b" },
          ],
          identity: { type: "matchExact" },
        },
        {
          type: "sigstoreSigned",
          keys: [
            { from: "policy", bytes: Buffer.from("a") },
            { from: "policy", bytes: Buffer.from("b") },
          ],
          identity: { type: "matchRepoDigestOrExact" },
        },
      ],
      "*.example.com": [
        {
          type: "signedBy",
          keys: [{ from: "policy", bytes: Buffer.from("a") }],
          identity: { type: "matchRepoDigestOrExact" },
        },
      ],
    });
  });

  it("reads every rule about names", () => {
    const rule = (signedIdentity: object): unknown =>
      decode(policyWith({ type: "sigstoreSigned", ...key, signedIdentity })).default[0];

    expect(rule({ type: "exactReference", dockerReference: "busybox:1" })).toMatchObject({
      identity: { reference: { host: "docker.io", path: "library/busybox", tag: "1" } },
    });
    expect(rule({ type: "exactRepository", dockerRepository: "busybox" })).toMatchObject({
      identity: { repository: "docker.io/library/busybox" },
    });
    expect(rule({ type: "remapIdentity", prefix: "mirror.local:5000", signedPrefix: "quay.io/team" })).toMatchObject({
      identity: { prefix: "mirror.local:5000", signedPrefix: "quay.io/team" },
    });
  });

  it.each<[string | object, RegExp]>([
    ["[]", /the document is not an object/],
    ["{", /the document is not JSON/],
    [{}, /default is missing or empty/],
    [{ default: [] }, /default is missing or empty/],
    [{ default: [accept], transport: {} }, /the document has the unknown key "transport"/],
    [{ default: [accept], transports: { dokcer: {} } }, /transports has the unknown key "dokcer"/],
    [
      { default: [accept], transports: { docker: { "quay.io": [] } } },
      /transports.docker\["quay.io"\] is missing or empty/,
    ],
    [
      { default: [accept], transports: { docker: { "https://quay.io": [accept] } } },
      /"https:\/\/quay.io"\] is neither/,
    ],
    [{ default: [accept], transports: { docker: { "quay.*": [accept] } } }, /"quay.\*"\] is neither/],
    ['{"default":[{"type":"reject"}],"default":[{"type":"insecureAcceptAnything"}]}', /the key "default" twice/],
    ['{"default":[{"type":"reject","type":"insecureAcceptAnything"}]}', /the key "type" twice/],
    [policyWith({}), /default\[0\].type is missing/],
    [policyWith({ type: "signedby" }), /default\[0\].type "signedby" is not known/],
    [policyWith({ ...accept, more: 1 }), /default\[0\] has the unknown key "more"/],
    [policyWith({ type: "signedBy", ...key }), /default\[0\].keyType is missing/],
    [policyWith({ type: "signedBy", keyType: "X509CAs", ...key }), /"X509CAs" cannot be checked/],
    [policyWith({ type: "signedBy", keyType: "GPGKeys" }), /needs exactly one of keyPath, keyPaths, keyData; it has 0/],
    [policyWith({ type: "sigstoreSigned", ...key, keyData: "YQ==" }), /needs exactly one of .*; it has 2/],
    [policyWith({ type: "sigstoreSigned", keyPaths: [] }), /keyPaths is empty/],
    [policyWith({ type: "sigstoreSigned", keyPath: "key.pub" }), /"key.pub" is not an absolute path/],
    [policyWith({ type: "sigstoreSigned", keyData: "!" }), /keyData is not base64/],
    [policyWith({ type: "signedBy", keyType: "GPGKeys", keyDatas: ["YQ=="] }), /unknown key "keyDatas"/],
    [policyWith({ type: "sigstoreSigned", fulcio: {} }), /default\[0\].fulcio: signatures by certificate or log/],
    [policyWith({ type: "sigstoreSigned", ...key, rekorPublicKeyPath: "/r" }), /rekorPublicKeyPath: signatures by/],
    [policyWith({ type: "sigstoreSigned", ...key, signedIdentity: { type: "any" } }), /signedIdentity.type "any"/],
    [
      policyWith({ type: "sigstoreSigned", ...key, signedIdentity: { type: "matchExact", prefix: "a" } }),
      /signedIdentity has the unknown key "prefix"/,
    ],
    [
      policyWith({ type: "sigstoreSigned", ...key, signedIdentity: { type: "exactReference", dockerReference: "a" } }),
      /dockerReference "a" has neither tag nor digest/,
    ],
    [
      policyWith({
        type: "sigstoreSigned",
        ...key,
        signedIdentity: { type: "exactRepository", dockerRepository: "a:1" },
      }),
      /dockerRepository "a:1" is more than a repository/,
    ],
    [
      policyWith({
        type: "sigstoreSigned",
        ...key,
        signedIdentity: { type: "remapIdentity", prefix: "library", signedPrefix: "quay.io" },
      }),
      /prefix "library" is no full registry/,
    ],
  ])("refuses %j", (document, problem) => {
    expect(() => decode(document)).toThrow(problem);
  });

  it("ends in a policy or a fault, whatever it is given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(outcomeOf(text)).toMatch(/^(?:policy|fault)$/);
      }),
    );
  });

  it("refuses a policy in which any key of any object was misspelt", () => {
    const whole = JSON.stringify({
      default: [{ type: "signedBy", keyType: "GPGKeys", keyPath: "/a", signedIdentity: { type: "matchExact" } }],
      transports: { docker: { "quay.io": [{ type: "sigstoreSigned", keyPath: "/a" }] } },
    });
    const keys = [...whole.matchAll(/"(\w+)":/g)].filter(([, name]) => name !== "quay.io");

    fc.assert(
      fc.property(
        fc.constantFrom(...keys),
        fc.stringMatching(/^[a-z]{1,3}$/),
        ({ 0: found, 1: name = "", index }, more) => {
          const misspelt = `${whole.slice(0, index)}"${name}${more}":${whole.slice(index + found.length)}`;
          expect(() => decode(misspelt)).toThrow(Fault);
        },
      ),
    );
  });
});
