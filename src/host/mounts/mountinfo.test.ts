import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMountinfo } from "./mountinfo.ts";

const real = `22 27 0:21 / /proc rw,relatime - proc proc rw
29 26 0:26 / /dev/pts rw,relatime shared:7 master:2 - devpts devpts rw,mode=600
98 27 0:4 net:[4026532255] /run/netns/a\\040b rw shared:3 - nsfs nsfs rw
31 23 0:28 / /srv rw - overlay overlay rw,lowerdir=/a:/b
`;

/** Writes a field as the kernel does. */
function escapeField(text: string): string {
  return text.replaceAll(/[ \t\n\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

const field = fc.stringMatching(/^[!-~ \t\né\\]+$/);
const option = fc.stringMatching(/^[a-z0-9=,:]+$/);

describe("parseMountinfo()", () => {
  it("reads the kernel's lines", () => {
    expect(parseMountinfo(real)).toEqual([
      { target: "/proc", root: "/", type: "proc", source: "proc", options: "rw,relatime", propagation: [] },
      {
        target: "/dev/pts",
        root: "/",
        type: "devpts",
        source: "devpts",
        options: "rw,relatime",
        propagation: ["shared:7", "master:2"],
      },
      {
        target: "/run/netns/a b",
        root: "net:[4026532255]",
        type: "nsfs",
        source: "nsfs",
        options: "rw",
        propagation: ["shared:3"],
      },
      { target: "/srv", root: "/", type: "overlay", source: "overlay", options: "rw", propagation: [] },
    ]);
  });

  it("gives back every path that the kernel can escape", () => {
    const entries = fc.record({
      target: field,
      root: field,
      type: option,
      source: field,
      options: option,
      propagation: fc.array(option),
    });

    fc.assert(
      fc.property(fc.array(entries), (wanted) => {
        const lines = wanted.map(({ target, root, type, source, options, propagation }, index) =>
          [
            `${index} 1 0:1`,
            escapeField(root),
            escapeField(target),
            options,
            ...propagation,
            "-",
            type,
            escapeField(source),
            "rw",
          ].join(" "),
        );

        expect(parseMountinfo(`${lines.join("\n")}\n`)).toEqual(wanted);
      }),
    );
  });

  it("leaves out what is no line of it", () => {
    expect(parseMountinfo("\n1 2 0:1 /\n - a b\n1 2 0:1 / /target rw - tmpfs\n")).toEqual([]);
  });
});
