import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReference, repositoryOf } from "../reference.ts";
import { scopesOf } from "./scopes.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("scopesOf()", () => {
  it.each([
    [
      "registry.example.com:5000/team/app:v1",
      [
        "registry.example.com:5000/team/app:v1",
        "registry.example.com:5000/team/app",
        "registry.example.com:5000/team",
        "registry.example.com:5000",
        "*.example.com",
        "*.com",
      ],
    ],
    [
      "busybox",
      ["docker.io/library/busybox:latest", "docker.io/library/busybox", "docker.io/library", "docker.io", "*.io"],
    ],
    [`localhost/app:v1@${digest}`, [`localhost/app@${digest}`, "localhost/app", "localhost"]],
    ["[::1]:5000/app:v1", ["[::1]:5000/app:v1", "[::1]:5000/app", "[::1]:5000"]],
  ])("of %s goes from narrow to wide", (name, scopes) => {
    expect(scopesOf(parseReference(name))).toEqual(scopes);
  });

  const word = fc.stringMatching(/^[a-z0-9]{1,6}$/);
  const name = fc
    .tuple(fc.array(word, { minLength: 2, maxLength: 4 }), fc.array(word, { minLength: 1, maxLength: 4 }), word)
    .map(([host, path, tag]) => `${host.join(".")}/${path.join("/")}:${tag}`);

  it("holds every prefix that ends at a slash, once, and never another repository's", () => {
    fc.assert(
      fc.property(name, (text) => {
        const reference = parseReference(text);
        const scopes = scopesOf(reference);
        const plain = scopes.filter((scope) => !scope.startsWith("*."));

        expect(new Set(scopes).size).toBe(scopes.length);
        expect(plain.at(-1)).toBe(reference.host);
        for (const scope of plain.slice(1)) expect(`${repositoryOf(reference)}/`.startsWith(`${scope}/`)).toBe(true);
        for (const scope of scopes.slice(plain.length)) expect(reference.host.endsWith(scope.slice(1))).toBe(true);
      }),
    );
  });
});
