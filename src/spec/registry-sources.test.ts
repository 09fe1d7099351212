import { describe, expect, it } from "vitest";
import { parseReference } from "./reference.ts";
import type { MirrorUse, RegistryTable } from "./registries-conf.ts";
import { findRegistryTable, registrySources } from "./registry-sources.ts";

const digest = `sha256:${"0".repeat(64)}`;

function tableOf(prefix: string, change: Partial<RegistryTable> = {}): RegistryTable {
  const location = prefix.startsWith("*.") ? "" : prefix;
  return { prefix, location, isInsecure: false, isBlocked: false, mirrors: [], ...change };
}

function sourcesOf(name: string, table: RegistryTable): readonly string[] {
  return registrySources(parseReference(name), table).map(({ host, path }) => `${host} ${path}`);
}

describe("findRegistryTable()", () => {
  it.each([
    ["a.example/x/y", ["a.example", "a.example/x", "a.example/x/y"], "a.example/x/y"],
    ["a.example/x/y", ["a.example", "a.example/x/yy", "a.example/x/"], "a.example"],
    ["a.example/xy", ["a.example/x"], undefined],
    ["a.example.org/x", ["a.example"], undefined],
    ["a.example:5000/x", ["a.example"], "a.example"],
    ["a.example/x:v1", ["a.example/x:v1", "a.example/x"], "a.example/x:v1"],
    ["a.example/x:v12", ["a.example/x:v1", "a.example/x"], "a.example/x"],
    [`a.example/x@${digest}`, [`a.example/x@${digest}`], `a.example/x@${digest}`],
    [`a.example/x:v1@${digest}`, ["a.example/x:v1"], undefined],
    ["busybox", ["docker.io/busybox", "docker.io/library"], "docker.io/library"],
    ["b.a.example/x", ["*.example", "*.a.example", "example"], "*.a.example"],
    ["b.a.example:5000/x", ["*.a.example"], "*.a.example"],
    ["a.example/x", ["*.a.example"], undefined],
    ["c.example/b.a.example/x", ["*.a.example"], undefined],
  ])("of %s among %j is %s", (name, prefixes, expected) => {
    const tables = prefixes.map((prefix) => tableOf(prefix));

    expect(findRegistryTable(parseReference(name), tables)?.prefix).toBe(expected);
  });
});

describe("registrySources()", () => {
  it("are the mirrors in order, then the location, each with its name of the repository", () => {
    const table = tableOf("example.com/foo", {
      location: "internal.example/bar",
      mirrors: [
        { location: "one.example/for-foo", isInsecure: false, use: "all" },
        { location: "two.example:5000", isInsecure: true, use: "all" },
      ],
    });

    expect(registrySources(parseReference("example.com/foo/image:v1"), table)).toEqual([
      { host: "one.example", path: "for-foo/image", isInsecure: false, isMirror: true },
      { host: "two.example:5000", path: "image", isInsecure: true, isMirror: true },
      { host: "internal.example", path: "bar/image", isInsecure: false, isMirror: false },
    ]);
  });

  it.each<[MirrorUse, string, number]>([
    ["all", "a.example/x:v1", 2],
    ["all", `a.example/x@${digest}`, 2],
    ["digest-only", "a.example/x:v1", 1],
    ["digest-only", `a.example/x:v1@${digest}`, 2],
    ["tag-only", "a.example/x:v1", 2],
    ["tag-only", `a.example/x@${digest}`, 1],
  ])("use a mirror for %s: of %s are %i", (use, name, count) => {
    const table = tableOf("a.example", { mirrors: [{ location: "m.example", isInsecure: false, use }] });

    expect(sourcesOf(name, table)).toHaveLength(count);
  });

  it("leave a wildcard's image where it is, or move the whole domain", () => {
    expect(sourcesOf("b.a.example/x/y", tableOf("*.a.example"))).toEqual(["b.a.example x/y"]);
    expect(sourcesOf("b.a.example/x/y", tableOf("*.a.example", { location: "m.example/all" }))).toEqual([
      "m.example all/x/y",
    ]);
  });

  it("know Docker Hub's library", () => {
    expect(sourcesOf("busybox", tableOf("docker.io", { location: "m.example/hub" }))).toEqual([
      "m.example hub/library/busybox",
    ]);
  });

  it.each([
    ["a.example/x:v1", tableOf("a.example", { location: "Upper.example/NO" })],
    ["a.example/x:v1", tableOf("a.example", { location: "nohost" })],
    ["a.example/x:v1", tableOf("a.example/x:v1", { location: "b.example/x:v2" })],
    ["a.example:5000/x", tableOf("a.example", { location: "b.example/x" })],
  ])("of %s refuse a location that makes another thing of it", (name, table) => {
    expect(() => sourcesOf(name, table)).toThrow(/which names no repository of a registry/);
  });
});
