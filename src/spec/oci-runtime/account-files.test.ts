import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseGroup, parseId, parsePasswd } from "./account-files.ts";

describe("parsePasswd()", () => {
  it("reads users and skips what is none", () => {
    const text = "# users\nroot:x:0:0:root:/root:/bin/sh\n\nbroken\nweb:x:1000:1000\nbad:x:-1:0\n:x:1:1\n";

    expect(parsePasswd(text)).toEqual([
      { name: "root", uid: 0, gid: 0 },
      { name: "web", uid: 1000, gid: 1000 },
    ]);
  });

  it("reads back every user that was written", () => {
    const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,30}$/);
    const id = fc.nat(0xffff_fffe);
    const entry = fc.record({ name, uid: id, gid: id });

    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const text = entries.map(({ name, uid, gid }) => `${name}:x:${uid}:${gid}:,,,:/home:/bin/sh`).join("\n");
        expect(parsePasswd(text)).toEqual(entries);
      }),
    );
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => [parsePasswd(text), parseGroup(text)]).not.toThrow();
      }),
    );
  });
});

describe("parseGroup()", () => {
  it("reads groups with their members", () => {
    expect(parseGroup("root:x:0:\naudio:x:29:web,root\nbroken:x\n")).toEqual([
      { name: "root", gid: 0, members: [] },
      { name: "audio", gid: 29, members: ["web", "root"] },
    ]);
  });
});

describe("parseId()", () => {
  it.each([
    ["0", 0],
    ["4294967294", 4_294_967_294],
    ["4294967295", undefined],
    ["", undefined],
    ["1e3", undefined],
    ["-1", undefined],
    [undefined, undefined],
  ])("%s is %s", (text, id) => {
    expect(parseId(text)).toBe(id);
  });
});
