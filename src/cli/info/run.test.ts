import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  CgroupDriver,
  ImageFsInfoResponseSchema,
  RuntimeConfigResponseSchema,
  StatusResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { runCrisp } from "../fake/fake-session.ts";

test("crisp info shows conditions in camel case, handlers and features by their .proto names", async () => {
  const { out } = await runCrisp(["info"], {
    status: async ({ verbose = false }) =>
      create(StatusResponseSchema, {
        status: { conditions: [{ type: "RuntimeReady", status: true }] },
        runtimeHandlers: [{ name: "runc", features: { recursiveReadOnlyMounts: true } }],
        features: { supplementalGroupsPolicy: true },
        info: { verbose: String(verbose) },
      }),
  });

  expect(JSON.parse(out)).toEqual({
    status: { conditions: [{ type: "RuntimeReady", status: true, reason: "", message: "" }] },
    runtimeHandlers: [{ name: "runc", features: { recursive_read_only_mounts: true } }],
    features: { supplemental_groups_policy: true },
    verbose: "true",
  });
});

test("crisp runtime-config shows the cgroup driver", async () => {
  const { out } = await runCrisp(["runtime-config"], {
    runtimeConfig: async () => create(RuntimeConfigResponseSchema, { linux: { cgroupDriver: CgroupDriver.CGROUPFS } }),
  });

  expect(out).toBe("cgroup driver:   CGROUPFS\n");
});

test("crisp imagefsinfo shows use as JSON, and as text for people", async () => {
  const imageFsInfo = async () =>
    create(ImageFsInfoResponseSchema, {
      imageFilesystems: [
        { timestamp: 1n, fsId: { mountpoint: "/var" }, usedBytes: { value: 2_000n }, inodesUsed: { value: 3n } },
      ],
    });

  expect(JSON.parse((await runCrisp(["imagefsinfo"], { imageFsInfo })).out)).toMatchObject({
    status: { imageFilesystems: [{ usedBytes: { value: "2000" } }], containerFilesystems: [] },
  });
  expect((await runCrisp(["imagefsinfo", "-o", "table"], { imageFsInfo })).out).toBe(
    "Container Filesystem\nImage Filesystem\nTimeStamp[0]: 1\nDisk[0]: 2kB\nInodes[0]: 3\nMountpoint[0]: /var\n",
  );
});
