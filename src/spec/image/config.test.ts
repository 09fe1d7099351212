import { describe, expect, it } from "vitest";
import { decodeImageDocument } from "./config.ts";
import { chainIdsOf, digestOf, parseDigest } from "./digest.ts";
import { formatPlatform, platformRank } from "./platform.ts";

const diffId = `sha256:${"1".repeat(64)}`;

describe("decodeImageDocument()", () => {
  it("reads a full configuration", () => {
    const document = decodeImageDocument(
      Buffer.from(
        JSON.stringify({
          os: "linux",
          architecture: "arm64",
          variant: "v8",
          rootfs: { type: "layers", diff_ids: [diffId] },
          config: {
            User: "1000:100",
            Env: ["A=1"],
            Entrypoint: ["/init"],
            Cmd: null,
            WorkingDir: "/srv",
            Volumes: { "/data": {} },
            StopSignal: "SIGINT",
            Labels: { a: "b" },
          },
        }),
      ),
    );

    expect(document).toEqual({
      platform: { os: "linux", architecture: "arm64", variant: "v8" },
      diffIds: [diffId],
      config: {
        user: "1000:100",
        env: ["A=1"],
        entrypoint: ["/init"],
        cmd: [],
        workingDir: "/srv",
        volumes: ["/data"],
        stopSignal: "SIGINT",
        labels: { a: "b" },
      },
    });
  });

  it("reads one that says next to nothing", () => {
    expect(decodeImageDocument(Buffer.from('{"rootfs":{}}')).config.env).toEqual([]);
  });

  it.each([
    ["{}", /rootfs is not an object/],
    ['{"rootfs":{"diff_ids":["x"]}}', /diff id "x"/],
    ['{"rootfs":{},"config":{"Env":[1]}}', /Env\[0\] is not a text/],
    ['{"rootfs":{},"config":{"Labels":{"a":1}}}', /Labels.a is not a text/],
  ])("refuses %s", (text, problem) => {
    expect(() => decodeImageDocument(Buffer.from(text))).toThrow(problem);
  });
});

describe("chainIdsOf()", () => {
  it("names each layer by all below it", () => {
    const [first, second] = [parseDigest(diffId), digestOf("second")];

    expect(chainIdsOf([first, second])).toEqual([first, digestOf(`${first} ${second}`)]);
  });
});

describe("platformRank()", () => {
  it("prefers the plain variant and refuses what the node may not run", () => {
    const node = { os: "linux", architecture: "arm64" } as const;
    const rank = (architecture: string, variant: string): number | undefined =>
      platformRank({ os: "linux", architecture, variant }, node);

    expect([rank("arm64", "v8"), rank("arm64", ""), rank("arm64", "v9"), rank("arm", "v7")]).toEqual([
      0,
      1,
      undefined,
      undefined,
    ]);
    expect(formatPlatform({ os: "linux", architecture: "arm", variant: "v7" })).toBe("linux/arm/v7");
  });
});
