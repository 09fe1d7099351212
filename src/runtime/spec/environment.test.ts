import { describe, expect, it } from "vitest";
import { mergeEnvironment } from "./environment.ts";

const input = { image: [], request: [], hostname: "web-0", hasTty: false };

describe("mergeEnvironment()", () => {
  it("gives PATH and HOSTNAME, and TERM with a terminal", () => {
    expect(mergeEnvironment({ ...input, hasTty: true })).toEqual([
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOSTNAME=web-0",
      "TERM=xterm",
    ]);
  });

  it("lets the image replace defaults, and the request the image", () => {
    const merged = mergeEnvironment({
      ...input,
      image: ["PATH=/app", "A=image", "B=image", "EMPTY"],
      request: [
        { key: "B", value: "request" },
        { key: "C", value: "x=y" },
      ],
    });

    expect(merged).toEqual(["PATH=/app", "HOSTNAME=web-0", "A=image", "B=request", "EMPTY=", "C=x=y"]);
  });

  it.each([
    ["", "x"],
    ["A=B", "x"],
    ["A", "\0"],
  ])("refuses the variable %j and does not tell its value", (key, value) => {
    expect(() =>
      mergeEnvironment({
        ...input,
        request: [
          { key, value: `secret${value}` },
          { key, value },
        ],
      }),
    ).toThrowError(
      expect.objectContaining({ kind: "invalid", message: expect.not.stringContaining("secret") as unknown }),
    );
  });
});
