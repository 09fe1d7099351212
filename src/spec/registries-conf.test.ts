import { anything, array, assert, constantFrom, option, property, record, string } from "fast-check";
import { stringify } from "smol-toml";
import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { joinRegistryTables, parseRegistriesConf } from "./registries-conf.ts";

describe("parseRegistriesConf()", () => {
  it("reads tables with all their settings", () => {
    const tables = parseRegistriesConf(`
      unqualified-search-registries = ["registry.example"]
      short-name-mode = "enforcing"
      [[registry]]
      prefix = "example.com/foo"
      location = "internal.example/bar/"
      insecure = true
      [[registry.mirror]]
      location = "one.example"
      [[registry.mirror]]
      location = "two.example:5000/x"
      insecure = true
      pull-from-mirror = "tag-only"
      [[registry]]
      location = "evil.example"
      blocked = true
      [aliases]
      fedora = "registry.fedoraproject.org/fedora"`);

    expect(tables).toEqual([
      {
        prefix: "example.com/foo",
        location: "internal.example/bar",
        isInsecure: true,
        isBlocked: false,
        mirrors: [
          { location: "one.example", isInsecure: false, use: "all" },
          { location: "two.example:5000/x", isInsecure: true, use: "tag-only" },
        ],
      },
      { prefix: "evil.example", location: "evil.example", isInsecure: false, isBlocked: true, mirrors: [] },
    ]);
  });

  it("asks mirrors for digests only when told so", () => {
    const [table] = parseRegistriesConf(`
      [[registry]]
      location = "r.example"
      mirror-by-digest-only = true
      mirror = [{ location = "m.example" }]`);

    expect(table?.mirrors).toEqual([{ location: "m.example", isInsecure: false, use: "digest-only" }]);
  });

  it("lets a wildcard be without location, and takes a missing location for the prefix", () => {
    const tables = parseRegistriesConf(`registry = [{ prefix = "*.example.com" }, { prefix = "a.example/b" }]`);

    expect(tables.map(({ location }) => location)).toEqual(["", "a.example/b"]);
  });

  it.each([
    ["[registries.block]\nregistries = ['x']", /registries has the retired version 1/],
    ["registry = 3", /registry is not a list/],
    ["[[registry]]\ninsecure = true", /registry\[0\] has neither prefix nor location/],
    ["[[registry]]\nlocation = 'https://x'", /registry\[0\]\.location "https:\/\/x" has a scheme/],
    ["[[registry]]\nprefix = '*.x.example/foo'", /registry\[0\]\.prefix "\*\.x\.example\/foo" is not of the form/],
    ["[[registry]]\nlocation = 'x'\nblocked = 'yes'", /registry\[0\]\.blocked is not true or false/],
    [
      "[[registry]]\nlocation = 'x'\npull-from-mirror = 'all'",
      /registry\[0\]\.pull-from-mirror is a setting of mirrors/,
    ],
    ["[[registry]]\nlocation = 'x'\nmirror = [{ insecure = true }]", /registry\[0\]\.mirror\[0\]\.location is missing/],
    [
      "[[registry]]\nlocation = 'x'\nmirror = [{ location = 'm', pull-from-mirror = 'some' }]",
      /pull-from-mirror "some" is none of all, digest-only, tag-only/,
    ],
    [
      "[[registry]]\nlocation = 'x'\nmirror-by-digest-only = true\nmirror = [{ location = 'm', pull-from-mirror = 'all' }]",
      /registry\[0\]\.mirror\[0\]\.pull-from-mirror contradicts/,
    ],
    ["[[registry]", /registries\.conf is not TOML/],
    [`x = "${"y".repeat(300_000)}"`, /registries\.conf is too large/],
  ])("refuses %.60j", (text, problem) => {
    expect(() => parseRegistriesConf(text)).toThrow(problem);
  });

  it("answers any text and any TOML with tables or a fault", () => {
    const name = constantFrom("a.example", "*.b.example", "a.example/x", "", "http://c");
    const value = option(constantFrom<unknown>(true, false, "all", "digest-only", 3, ["x"]), { nil: undefined });
    const mirror = record({ location: name, "pull-from-mirror": value, insecure: value });
    const table = record({ prefix: name, location: name, blocked: value, mirror: array(mirror, { maxLength: 2 }) });

    assert(
      property(array(table, { maxLength: 3 }), (registry) =>
        isAnswered(stringify(JSON.parse(JSON.stringify({ registry })))),
      ),
    );
    assert(property(string(), isAnswered));
    assert(property(anything(), (any) => isAnswered(`registry = ${JSON.stringify(any)}`)));
  });
});

describe("joinRegistryTables()", () => {
  const table = { prefix: "a", location: "l", isInsecure: false, isBlocked: false, mirrors: [] };

  it("lets a later table of the same prefix replace an earlier one", () => {
    expect(joinRegistryTables([table, { ...table, isBlocked: true }])).toEqual([{ ...table, isBlocked: true }]);
  });

  it.each([
    [{ isInsecure: true }, /the registries a and b have one location, but different settings of insecure/],
    [{ isBlocked: true }, /different settings of blocked/],
  ])("refuses tables that contradict each other: %j", (change, problem) => {
    expect(() => joinRegistryTables([table, { ...table, prefix: "b", ...change }])).toThrow(problem);
  });

  it("lets wildcards without location differ", () => {
    const tables = [
      { ...table, prefix: "*.a", location: "" },
      { ...table, prefix: "*.b", location: "", isBlocked: true },
    ];

    expect(joinRegistryTables(tables)).toEqual(tables);
  });
});

/** Whether parsing ends in tables, or in a fault that says what is wrong. */
function isAnswered(text: string): boolean {
  try {
    return Array.isArray(parseRegistriesConf(text));
  } catch (error) {
    return error instanceof Fault && error.kind === "invalid";
  }
}
