import { expect, test } from "vitest";
import { type KernelFacts, planKernel } from "./kernel.ts";

const whole: KernelFacts = {
  release: "6.1.0",
  cgroupVersion: "v2",
  fileSystems: new Set(["ext4", "overlay"]),
  controllers: new Set(["cpu", "cpuset", "io", "memory", "pids"]),
  namespaces: new Set(["mnt", "net", "ipc", "uts", "pid", "user", "cgroup"]),
  maxUserNamespaces: 1_000,
  hasSeccomp: true,
};

test("planKernel() finds nothing where all is there", () => {
  expect(planKernel(whole)).toEqual([]);
});

test.each([
  ["the overlay file system", { fileSystems: new Set(["ext4"]) }, { severity: "problem", where: "/proc/filesystems" }],
  [
    "a controller",
    { controllers: new Set(["cpu", "cpuset", "pids"]) },
    { severity: "problem", what: "the cgroup controller memory is not there" },
  ],
  [
    "a namespace",
    { namespaces: new Set(["mnt", "net", "ipc", "uts", "user"]) },
    { severity: "problem", where: "/proc/self/ns/pid" },
  ],
  ["seccomp", { hasSeccomp: false }, { severity: "warning", where: "/proc/sys/kernel/seccomp" }],
  ["user namespaces", { maxUserNamespaces: 0 }, { severity: "warning", where: "/proc/sys/user/max_user_namespaces" }],
])("planKernel() tells that %s is missing", (_name, missing: Partial<KernelFacts>, expected) => {
  expect(planKernel({ ...whole, ...missing })).toMatchObject([expected]);
});
