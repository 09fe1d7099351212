import { readFile } from "node:fs/promises";
import { arch, hostname, release } from "node:os";
import { Fault } from "#foundation";
import type { Machine } from "../types.ts";
import { parseHardLimits } from "./proc-limits.ts";
import { parseStatusCapabilities } from "./proc-status.ts";

/** Reads what does not change while the daemon runs. @throws Fault `unsupported` on another architecture */
export async function readMachine(): Promise<Machine> {
  const architecture = toArchitecture(arch());
  const [status, limits, oomScoreAdj, bootId, mostFiles] = await Promise.all(
    [
      "/proc/self/status",
      "/proc/self/limits",
      "/proc/self/oom_score_adj",
      "/proc/sys/kernel/random/boot_id",
      "/proc/sys/fs/nr_open",
    ].map((path) => readFile(path, "latin1")),
  );
  const { bounding, effective } = parseStatusCapabilities(status ?? "");
  const canRaiseLimits = effective.has("CAP_SYS_RESOURCE");
  return {
    architecture,
    kernelRelease: release(),
    hostname: hostname(),
    bootId: (bootId ?? "").trim(),
    own: {
      capabilities: bounding,
      oomScoreAdj: Number(oomScoreAdj),
      // No capability raises the number of open files above what the kernel has been told.
      hardLimits: canRaiseLimits
        ? new Map([["RLIMIT_NOFILE", BigInt((mostFiles ?? "").trim())]])
        : parseHardLimits(limits ?? ""),
      canRaiseLimits,
    },
  };
}

function toArchitecture(name: string): Machine["architecture"] {
  switch (name) {
    case "x64":
      return "amd64";
    case "arm64":
      return "arm64";
    default:
      throw new Fault("unsupported", `run on architecture ${name}: only x64 and arm64 are supported`);
  }
}
