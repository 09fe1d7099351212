import { describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import { hostContract } from "../../../test/contracts/host-contract.ts";
import type { HostUnderTest } from "../../../test/contracts/host-under-test.ts";
import { FakeHost } from "./fake-host.ts";

const programs = {
  speaks: { program: "speaks", args: [] },
  copies: { program: "copies", args: [] },
  waits: { program: "waits", args: [] },
  floods: { program: "floods", args: [] },
};

async function openFake(): Promise<HostUnderTest> {
  const host = new FakeHost();
  host.processes.script(({ program }) => {
    switch (program) {
      case "speaks":
        return { exitCode: 3, stdout: "out", stderr: "err" };
      case "copies":
        return async (process) => ({ stdout: await process.readAll(0) });
      case "waits":
        return (process) => process.ended;
      case "floods":
        return { stdout: Buffer.alloc(1_000_000, 0x61) };
      default:
        return undefined;
    }
  });
  await host.files.makeDirectory("/work");
  return {
    host,
    programs,
    directory: "/work",
    cgroup: "/crisp-test/pod",
    place: async (pid, cgroup) => host.cgroups.place(pid, cgroup),
    serve: async (service) => {
      host.sockets.serveTcp({ host: "127.0.0.1", port: 7_000 }, service);
      return 7_000;
    },
    dispose: async () => {},
  };
}

hostContract("FakeHost", openFake);

describe("FakeHost", () => {
  it("lets an act fail that is intercepted, without its effect", async () => {
    const host = new FakeHost();
    await host.files.makeDirectory("/target");
    host.intercept(({ name }) => {
      if (name === "mounts.mount") throw new Fault("exhausted", "no space");
    });

    const mounting = host.mounts.mount({ source: "tmpfs", target: "/target", type: "tmpfs", flags: [] });

    await expect(mounting).rejects.toMatchObject({ kind: "exhausted" });
    expect(host.snapshot().mounts).toEqual([]);
    expect(host.acts.at(-1)).toEqual({ name: "mounts.mount", subject: "/target" });
  });

  it("runs a process that is nobody's child until it is killed", async () => {
    const host = new FakeHost();
    const process = host.processes.start({ program: "conmon", args: [] });
    const watch = host.processes.watch({ pid: process.pid });

    host.processes.signal(process.pid, 9);
    await watch?.ended;

    expect(process.signals).toEqual([9]);
    expect(host.snapshot().processes).toEqual([]);
  });

  it("lets a program catch a signal", async () => {
    const host = new FakeHost();
    const process = host.processes.start({ program: "init", args: [] }, (self) => {
      self.trap(15, () => self.exit({ exitCode: 7 }));
      return self.ended;
    });
    await Promise.resolve();

    host.processes.signal(process.pid, 15);

    await expect(process.ended).resolves.toEqual({ exitCode: 7 });
  });

  it("delivers what is written to a fifo to its reader", async () => {
    const host = new FakeHost();
    const received: string[] = [];
    host.files.makeFifo("/ctl", (data) => received.push(data.toString()));
    host.files.makeFifo("/dead");

    await host.files.writeFifo("/ctl", "1 24 80\n");

    expect(received).toEqual(["1 24 80\n"]);
    await expect(host.files.writeFifo("/dead", "x")).rejects.toMatchObject({ kind: "wrong-state" });
  });
});
