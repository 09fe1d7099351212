import { assert, constantFrom, property, string, stringMatching, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { formatReference, parseReference } from "./reference.ts";

const digest = `sha256:${"a1".repeat(32)}`;

describe("parseReference()", () => {
  it.each([
    ["busybox", "docker.io/library/busybox:latest"],
    ["busybox:1.36", "docker.io/library/busybox:1.36"],
    ["docker.io/busybox", "docker.io/library/busybox:latest"],
    ["index.docker.io/busybox", "docker.io/library/busybox:latest"],
    ["user/app", "docker.io/user/app:latest"],
    ["quay.io/a/b/c:v1", "quay.io/a/b/c:v1"],
    ["localhost/app", "localhost/app:latest"],
    ["localhost:5000/app", "localhost:5000/app:latest"],
    ["127.0.0.1:5000/app:2", "127.0.0.1:5000/app:2"],
    ["[::1]:5000/app", "[::1]:5000/app:latest"],
    ["Registry/app", "Registry/app:latest"],
    [`busybox@${digest}`, `docker.io/library/busybox@${digest}`],
    [`r.io/app:1@${digest}`, `r.io/app:1@${digest}`],
    ["a__b/c.d-e--f", "docker.io/a__b/c.d-e--f:latest"],
  ])("reads %s as %s", (text, full) => {
    expect(formatReference(parseReference(text))).toBe(full);
  });

  it.each([
    "",
    "Busybox",
    "a/B",
    "a//b",
    "/a",
    "a/",
    "a:",
    "a:b:c",
    "a:-tag",
    "a@sha256:12",
    "a@md5:d41d8cd98f00b204e9800998ecf8427e",
    "a b",
    "a..b",
    "-host.io/a",
    "host.io:port/a",
    "https://host.io/a",
    "host.io/a?b",
    "a".repeat(64),
    "x".repeat(300),
    `${"a/".repeat(200)}b`,
    "a\n",
  ])("refuses %j", (text) => {
    expect(() => parseReference(text)).toThrow(Fault);
  });

  it("reads what it wrote as the same", () => {
    const component = stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,8}){0,2}$/);
    const host = constantFrom("docker.io", "localhost", "r.example:5000", "[2001:db8::1]:443");
    const tag = stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);

    assert(
      property(tuple(host, component, component, tag), ([registry, first, second, version]) => {
        const full = `${registry}/${first}/${second}:${version}`;
        expect(formatReference(parseReference(full))).toBe(full);
      }),
    );
  });

  it("answers any text with a reference or a fault", () => {
    assert(
      property(string({ unit: "binary", maxLength: 400 }), (text) => {
        const outcome = attempt(() => formatReference(parseReference(text)));
        expect(outcome instanceof Fault || typeof outcome === "string").toBe(true);
      }),
    );
  });
});

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
