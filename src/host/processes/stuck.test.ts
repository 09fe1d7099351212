import { expect, test } from "vitest";
import { describeStuck, parseKernelStack } from "./stuck.ts";

test("parseKernelStack() names the innermost functions", () => {
  const text = [
    "[<0>] request_wait_answer+0x12f/0x210",
    "[<0>] fuse_simple_request+0x185/0x2e0",
    "[<0>] fuse_do_getattr+0xf1/0x2f0 [fuse]",
    "[<0>] vfs_statx+0xa5/0x140",
    "[<0>] do_syscall_64+0x59/0x90",
  ].join("\n");
  expect(parseKernelStack(text)).toEqual([
    "request_wait_answer",
    "fuse_simple_request",
    "fuse_do_getattr",
    "vfs_statx",
  ]);
});

test("parseKernelStack() finds nothing where the kernel tells nothing", () => {
  expect(parseKernelStack("")).toEqual([]);
});

test("describeStuck() is silent about a process that runs, and about one that is not there", () => {
  expect([describeStuck(process.pid), describeStuck(2 ** 22 - 1)]).toEqual([undefined, undefined]);
});
