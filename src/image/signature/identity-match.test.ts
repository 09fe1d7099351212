import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type IdentityRule, parseNamedReference } from "#spec";
import { matchesIdentity } from "./identity-match.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("matchesIdentity()", () => {
  const exact = { type: "matchExact" } as const;
  const repoDigest = { type: "matchRepoDigestOrExact" } as const;
  const repository = { type: "matchRepository" } as const;
  const exactReference = { type: "exactReference", reference: parseNamedReference("quay.io/app:v1") } as const;
  const exactRepository = { type: "exactRepository", repository: "quay.io/app" } as const;
  const remap = { type: "remapIdentity", prefix: "mirror.local/quay", signedPrefix: "quay.io" } as const;

  it.each<[IdentityRule, string, string, boolean]>([
    [exact, "quay.io/app:v1", "quay.io/app:v1", true],
    [exact, "docker.io/library/busybox:1", "busybox:1", true],
    [exact, "quay.io/app:v1", "quay.io/app:v2", false],
    [exact, "quay.io/app:v1", "quay.io/app", false],
    [exact, "quay.io/app:latest", "quay.io/app", false],
    [exact, `quay.io/app@${digest}`, "quay.io/app:v1", false],
    [exact, `quay.io/app@${digest}`, `quay.io/app@${digest}`, true],
    [repoDigest, "quay.io/app:v1", "quay.io/app:v1", true],
    [repoDigest, "quay.io/app:v1", "quay.io/app:v2", false],
    [repoDigest, "quay.io/app:v1", "quay.io/app", false],
    [repoDigest, `quay.io/app@${digest}`, "quay.io/app:v1", true],
    [repoDigest, `quay.io/app@${digest}`, "quay.io/app", false],
    [repoDigest, `quay.io/app@${digest}`, "quay.io/other:v1", false],
    [repository, "quay.io/app:v1", "quay.io/app", true],
    [repository, "quay.io/app:v1", "quay.io/app:v2", true],
    [repository, "quay.io/app:v1", "quay.io/apps:v1", false],
    [exactReference, "mirror.local/any:v9", "quay.io/app:v1", true],
    [exactReference, "quay.io/app:v1", "quay.io/app:v2", false],
    [exactRepository, "mirror.local/any:v9", "quay.io/app", true],
    [exactRepository, "quay.io/app:v1", "quay.io/app/more:v1", false],
    [remap, "mirror.local/quay/app:v1", "quay.io/app:v1", true],
    [remap, "mirror.local/quay/app:v1", "mirror.local/quay/app:v1", false],
    [remap, `mirror.local/quay/app@${digest}`, "quay.io/app:v7", true],
    [remap, "mirror.local/quayx/app:v1", "quay.iox/app:v1", false],
    [remap, "other.local/app:v1", "other.local/app:v1", true],
    [exact, "quay.io/app:v1", "Not A Name", false],
  ])("by %j: wanted %s, signed %s: %s", (rule, wanted, signed, isMatch) => {
    expect(matchesIdentity(rule, parseNamedReference(wanted), signed)).toBe(isMatch);
  });

  const word = fc.stringMatching(/^[a-z]{1,2}$/);
  const name = fc.tuple(word, word).map(([path, tag]) => `quay.io/${path}:${tag}`);

  it("never takes a signature of another repository, unless the rule names one", () => {
    fc.assert(
      fc.property(fc.constantFrom(exact, repoDigest, repository, remap), name, name, (rule, wanted, signed) => {
        const isSameRepository = wanted.split(":")[0] === signed.split(":")[0];
        const isMatch = matchesIdentity(rule, parseNamedReference(wanted), signed);
        expect(isMatch && !isSameRepository).toBe(false);
        expect(matchesIdentity(rule, parseNamedReference(wanted), wanted)).toBe(true);
      }),
    );
  });
});
