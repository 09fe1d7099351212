import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { hostContract } from "../../contracts/host-contract.ts";
import type { HostUnderTest } from "../../contracts/host-under-test.ts";
import { cgroupRoot, openPlace, prefix } from "./place.ts";

const programs = {
  speaks: { program: "sh", args: ["-c", "printf out; printf err >&2; exit 3"] },
  copies: { program: "cat", args: [] },
  waits: { program: "sleep", args: ["60"] },
  floods: { program: "head", args: ["-c", "1000000", "/dev/zero"] },
};

async function openLinux(): Promise<HostUnderTest> {
  const { host, directory, dispose } = await openPlace();
  const cgroup = `/${prefix}${randomBytes(6).toString("hex")}/pod`;
  const serve = async (service: (peer: Socket) => void): Promise<number> => {
    const server = createServer({ allowHalfOpen: true }, service).unref();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  return { host, programs, directory, cgroup, place, serve, dispose };
}

/** Moves a process in every hierarchy, as a runtime does. */
async function place(pid: number, cgroup: string): Promise<void> {
  const trees = ["", ...(await readdir(cgroupRoot))].map((name) => join(cgroupRoot, name, cgroup, "cgroup.procs"));
  const written = await Promise.allSettled(trees.map((file) => writeFile(file, `${pid}`, { flag: "r+" })));
  expect(written.some(({ status }) => status === "fulfilled")).toBe(true);
}

hostContract("LinuxHost", openLinux);
