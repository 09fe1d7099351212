import { create } from "@bufbuild/protobuf";
import { CgroupDriver, type RuntimeConfigResponse, RuntimeConfigResponseSchema } from "#proto/cri/v1/runtime_pb.js";

/** Answers RuntimeConfig. The driver is always said: an empty message would mean systemd. */
export function runtimeConfig(driver: "cgroupfs" | "systemd"): RuntimeConfigResponse {
  return create(RuntimeConfigResponseSchema, {
    linux: { cgroupDriver: driver === "systemd" ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS },
  });
}
