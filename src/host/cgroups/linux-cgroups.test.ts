import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLinuxCgroups } from "./linux-cgroups.ts";

/** Trees of plain files stand for the kernel's: what is tested is which files are written. */
describe("openLinuxCgroups()", () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "crisp-cgroups-"));
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  const write = async (path: string, content = ""): Promise<void> => {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), content);
  };
  const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

  it("takes a root with controllers for v2, and hybrid mode for v1", async () => {
    await write("memory/cgroup.procs");
    await write("unified/cgroup.procs");
    await write("unified/cgroup.controllers", "hugetlb\n");
    const hybrid = await openLinuxCgroups({ root });
    await write("cgroup.controllers", "cpu memory\n");
    const unified = await openLinuxCgroups({ root });

    expect([hybrid.version, unified.version]).toEqual(["v1", "v2"]);
  });

  it("hands the controllers of v2 down to a new cgroup", async () => {
    await write("cgroup.controllers", "cpu memory\n");
    await write("cgroup.subtree_control");
    await write("pods/cgroup.controllers", "memory\n");
    await write("pods/cgroup.subtree_control");
    const cgroups = await openLinuxCgroups({ root });

    await cgroups.ensure("/pods/one");

    // A control file takes one word at a time; a plain file keeps what was written over it.
    expect(await read("cgroup.subtree_control")).toBe("+memory");
    expect(await read("pods/cgroup.subtree_control")).toBe("+memory");
    expect((await stat(join(root, "pods/one"))).isDirectory()).toBe(true);
  });

  it("gives a cgroup of v1 other limits, and leaves those alone that are not named", async () => {
    const files = ["cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us"].map((file) => `cpu/a/${file}`);
    for (const file of [...files, "cpuset/a/cpuset.cpus", "memory/a/memory.limit_in_bytes"]) await write(file);
    for (const name of ["cpu", "cpuset", "memory", "hugetlb"]) await write(`${name}/cgroup.procs`);
    await write("memory/a/memory.memsw.limit_in_bytes", "10");
    await write("hugetlb/a/hugetlb.2MB.limit_in_bytes");
    const cgroups = await openLinuxCgroups({ root });

    await cgroups.limit("/a", {
      memory: { limit: 30, swap: 40 },
      cpu: { shares: 512, quota: -1, cpus: "0-1" },
      hugepageLimits: [{ pageSize: "2MB", limit: 2n ** 63n }],
    });

    expect(await Promise.all(files.map(read))).toEqual(["512", "", "-1"]);
    expect(await read("cpuset/a/cpuset.cpus")).toBe("0-1");
    expect(await read("memory/a/memory.limit_in_bytes")).toBe("30");
    expect(await read("memory/a/memory.memsw.limit_in_bytes")).toBe("40");
    expect(await read("hugetlb/a/hugetlb.2MB.limit_in_bytes")).toBe(String(2n ** 63n));
  });

  it.each([
    [{ memory: { limit: 30, swap: 40 } }, { "memory.max": "30", "memory.swap.max": "10" }],
    [{ memory: { limit: -1, swap: -1 } }, { "memory.max": "max", "memory.swap.max": "max" }],
    [{ cpu: { shares: 2 } }, { "cpu.weight": "1" }],
    [{ cpu: { shares: 262_144 } }, { "cpu.weight": "10000" }],
    [{ cpu: { quota: 50_000, period: 100_000 } }, { "cpu.max": "50000 100000" }],
    [{ cpu: { quota: -1 } }, { "cpu.max": "max" }],
    [{ cpu: { cpus: "3", mems: "0" } }, { "cpuset.cpus": "3", "cpuset.mems": "0" }],
    [{ hugepageLimits: [{ pageSize: "1GB", limit: 0n }] }, { "hugetlb.1GB.max": "0" }],
    [{ unified: { "memory.high": "20" } }, { "memory.high": "20" }],
  ])("gives a cgroup of v2 other limits, case %#", async (limits, written) => {
    await write("cgroup.controllers", "cpu memory\n");
    for (const file of Object.keys(written)) await write(`a/${file}`);
    const cgroups = await openLinuxCgroups({ root });

    await cgroups.limit("/a", limits);

    const found = await Promise.all(Object.keys(written).map(async (file) => [file, await read(`a/${file}`)]));
    expect(Object.fromEntries(found)).toEqual(written);
  });

  it("keeps the quota of a cgroup of v2 that gets another period", async () => {
    await write("cgroup.controllers", "cpu\n");
    await write("a/cpu.max", "70000 100000\n");
    const cgroups = await openLinuxCgroups({ root });

    await cgroups.limit("/a", { cpu: { period: 200_000 } });

    expect(await read("a/cpu.max")).toBe("70000 200000\n");
  });

  it("refuses limits that the machine has no controller for, no cgroup for, or no such file", async () => {
    await write("memory/cgroup.procs");
    const v1 = await openLinuxCgroups({ root });
    await expect(v1.limit("/a", { cpu: { shares: 2 } })).rejects.toMatchObject({ kind: "unsupported" });
    await expect(v1.limit("/a", { memory: { limit: 1 } })).rejects.toMatchObject({ kind: "not-found" });

    await write("cgroup.controllers", "memory\n");
    const v2 = await openLinuxCgroups({ root });
    await expect(v2.limit("/a", { unified: { "../b": "1" } })).rejects.toMatchObject({ kind: "invalid" });
    await expect(v2.limit("/a", { memory: { swap: 1 } })).rejects.toMatchObject({ kind: "invalid" });
  });

  it("expects moves by a move of this process to where it is, one for all who ask meanwhile", async () => {
    const own = /^0::(.*)$/m.exec(await readFile("/proc/self/cgroup", "utf8"))?.[1] ?? "";
    await write("cgroup.controllers", "cpu\n");
    await write(`${own}/cgroup.procs`);
    const cgroups = await openLinuxCgroups({ root });

    const [first, second] = [cgroups.expectMoves(), cgroups.expectMoves()];
    await Promise.all([first, second]);
    const later = cgroups.expectMoves();
    await later;

    expect(await read(`${own}/cgroup.procs`)).toBe(String(process.pid));
    expect(second).toBe(first);
    expect(later).not.toBe(first);
  });

  it("says why moves cannot be expected", async () => {
    await write("cgroup.controllers", "cpu\n");
    const cgroups = await openLinuxCgroups({ root: join(root, "other") });
    const unified = await openLinuxCgroups({ root });

    await expect(cgroups.expectMoves()).resolves.toBeUndefined();
    await expect(unified.expectMoves()).rejects.toMatchObject({ kind: "not-found" });
  });

  it("kills a cgroup of v2 with one write", async () => {
    await write("cgroup.controllers", "cpu\n");
    await write("one/cgroup.kill");
    const cgroups = await openLinuxCgroups({ root });

    await cgroups.kill("/one");

    expect(await read("one/cgroup.kill")).toBe("1");
  });

  it("freezes a cgroup of v1 while it kills what is in it, and thaws it", async () => {
    const child = spawn("sleep", ["1000"]);
    const ended = once(child, "exit");
    await write("memory/cgroup.procs");
    await write("freezer/cgroup.procs");
    await write("freezer/one/cgroup.procs", `${child.pid}\n`);
    await write("freezer/one/freezer.state");
    const cgroups = await openLinuxCgroups({ root });

    await cgroups.kill("/one");
    const [, signal] = (await ended) as [unknown, string];

    expect(signal).toBe("SIGKILL");
    expect(await read("freezer/one/freezer.state")).toBe("THAWED");
  });

  it("refuses to kill the cgroup that we are in", async () => {
    await write("cgroup.controllers", "cpu\n");
    await write("one/below/cgroup.procs", `${process.pid}\n`);
    await write("one/cgroup.kill");
    const cgroups = await openLinuxCgroups({ root });

    await expect(cgroups.kill("/one")).rejects.toMatchObject({ kind: "invalid", reason: { path: "/one" } });
    expect(await read("one/cgroup.kill")).toBe("");
  });

  it("gives a new cpuset of v1 what its parent has, and keeps what is set", async () => {
    await write("memory/cgroup.procs");
    await write("cpuset/cgroup.procs");
    await write("cpuset/cpuset.cpus", "0-3\n");
    await write("cpuset/cpuset.mems", "0\n");
    for (const path of ["cpuset/pods", "cpuset/pods/one"]) {
      await write(`${path}/cpuset.cpus`, "\n");
      await write(`${path}/cpuset.mems`, "\n");
    }
    await write("cpuset/pods/cpuset.cpus", "1\n");
    const cgroups = await openLinuxCgroups({ root });

    const wasNew = await cgroups.ensure("/pods/one");

    expect(wasNew).toBe(true);
    expect(await read("cpuset/pods/one/cpuset.cpus")).toBe("1\n");
    expect(await read("cpuset/pods/one/cpuset.mems")).toBe("0\n");
  });

  it("leaves nothing when it cannot make the whole", async () => {
    await write("memory/cgroup.procs");
    await write("cpuset/cgroup.procs");
    const cgroups = await openLinuxCgroups({ root });

    await expect(cgroups.ensure("/pods/one")).rejects.toMatchObject({ kind: "not-found" });

    await expect(stat(join(root, "memory/pods"))).rejects.toThrow("ENOENT");
    await expect(stat(join(root, "cpuset/pods"))).rejects.toThrow("ENOENT");
  });

  it("keeps a parent that is in use in one hierarchy in all of them", async () => {
    await write("memory/cgroup.procs");
    await write("systemd/cgroup.procs");
    await write("systemd/user/cgroup.procs", "1\n");
    const cgroups = await openLinuxCgroups({ root });
    await cgroups.ensure("/user/one");

    await cgroups.removeEmpty("/user/one");

    expect((await stat(join(root, "memory/user"))).isDirectory()).toBe(true);
    await expect(stat(join(root, "memory/user/one"))).rejects.toThrow("ENOENT");
  });

  it("says that a machine without cgroups is unusable", async () => {
    const cgroups = await openLinuxCgroups({ root: join(root, "missing") });

    await expect(cgroups.probe()).rejects.toMatchObject({
      kind: "unavailable",
      message: "probe cgroups: no hierarchy is mounted",
    });
  });

  it("finds the cgroup of a process", async () => {
    const cgroups = await openLinuxCgroups({ root });

    expect(await cgroups.of(process.pid)).toMatch(/^\//);
    await expect(cgroups.of(2 ** 30)).rejects.toMatchObject({ kind: "not-found" });
  });
});
