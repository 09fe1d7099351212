import { describe, expect, it } from "vitest";
import type { Command } from "#host";
import type { HostUnderTest } from "./host-under-test.ts";

const sigterm = 15;
const sigkill = 9;

/** What every form of Host promises of its processes. */
export function processesContract(under: () => HostUnderTest): void {
  describe("processes", () => {
    it("run() gives output and exit code, and a failure is a result", async () => {
      const { host, programs } = under();

      const result = await host.processes.run(programs.speaks, { timeoutMs: 5_000 });

      expect(result).toMatchObject({ exitCode: 3, timedOut: false });
      expect([result.stdout.toString(), result.stderr.toString()]).toEqual(["out", "err"]);
    });

    it("processesIn() finds those that are in a directory, and none that have ended", async () => {
      const { host, programs, directory } = under();
      const place = `${directory}/place`;
      await host.files.makeDirectory(place);
      const here = await host.processes.spawn({ ...programs.waits, cwd: place });
      const elsewhere = await host.processes.spawn({ ...programs.waits, cwd: directory });

      const [found, identity] = [host.processes.processesIn(place), host.processes.identify(here.pid)];
      for (const child of [here, elsewhere]) child.kill(sigkill);
      await Promise.all([here.exited, elsewhere.exited]);

      expect(found).toEqual([identity]);
      expect(host.processes.processesIn(place)).toEqual([]);
    });

    it("run() feeds standard input", async () => {
      const { host, programs } = under();

      const result = await host.processes.run(programs.copies, { timeoutMs: 5_000, stdin: Buffer.from("some text") });

      expect(result.stdout.toString()).toBe("some text");
    });

    it("run() keeps no more output than asked for", async () => {
      const { host, programs } = under();

      const result = await host.processes.run(programs.floods, { timeoutMs: 5_000, maxOutputBytes: 100 });

      expect(result).toMatchObject({ exitCode: 0 });
      expect(result.stdout).toHaveLength(100);
    });

    it("run() ends a program at its deadline and says so", async () => {
      const { host, programs } = under();

      const result = await host.processes.run(programs.waits, { timeoutMs: 50 });

      expect(result.timedOut).toBe(true);
      expect(result.signal).toBeDefined();
    });

    it("run() tells who runs while it does", async () => {
      const { host, programs } = under();
      const told: unknown[] = [];

      const running = host.processes.run(programs.waits, {
        timeoutMs: 200,
        onStart: (process) => told.push(host.processes.identify(process.pid)?.startTicks === process.startTicks),
      });

      expect((await running).timedOut).toBe(true);
      expect(told).toEqual([true]);
    });

    it("run() ends a program when its caller gives up", async () => {
      const { host, programs } = under();
      const abort = new AbortController();

      const running = host.processes.run(programs.waits, { timeoutMs: 5_000, signal: abort.signal });
      setImmediate(() => abort.abort());

      await expect(running).rejects.toMatchObject({ kind: "canceled" });
    });

    it("run() and spawn() name a program that does not exist", async () => {
      const { host } = under();
      const command: Command = { program: "no-such-program", args: [] };

      const fault = { kind: "not-found", message: "start no-such-program: the program does not exist" };
      await expect(host.processes.run(command, { timeoutMs: 5_000 })).rejects.toMatchObject(fault);
      await expect(host.processes.spawn(command)).rejects.toMatchObject(fault);
      expect(() => host.processes.locate(command.program)).toThrow(/no-such-program/);
    });

    it("spawn() gives pipes to and from the child", async () => {
      const { host, programs } = under();

      const child = await host.processes.spawn(programs.copies, {
        descriptors: { 0: "pipe-to-child", 1: "pipe-from-child" },
      });
      child.writers[0]?.end("through the pipes");
      const copied = Buffer.concat((await child.readers[1]?.toArray()) as Buffer[]);

      expect(copied.toString()).toBe("through the pipes");
      await expect(child.exited).resolves.toEqual({ exitCode: 0 });
    });

    it("kill() ends a child, and one that has ended is left alone", async () => {
      const { host, programs } = under();
      const child = await host.processes.spawn(programs.waits, { leads: "group" });

      child.kill(sigterm, "group");
      const exit = await child.exited;
      child.kill(sigkill);

      expect(exit).toEqual({ exitCode: 128 + sigterm, signal: sigterm });
    });

    it("identify() tells a live process, and nothing of one that has ended", async () => {
      const { host, programs } = under();
      const child = await host.processes.spawn(programs.waits);

      const alive = host.processes.identify(child.pid);
      child.kill(sigkill);
      await child.exited;

      expect(alive).toMatchObject({ pid: child.pid });
      expect(host.processes.identify(child.pid)).toBeUndefined();
      expect(host.processes.watch({ pid: child.pid })).toBeUndefined();
    });

    it("names() names live processes, and none that have ended", async () => {
      const { host, programs } = under();
      const child = await host.processes.spawn(programs.waits);

      const alive = await host.processes.names([child.pid]);
      child.kill(sigkill);
      await child.exited;

      expect([...alive]).toEqual([[child.pid, expect.stringMatching(/^\w+$/)]]);
      expect((await host.processes.names([child.pid])).size).toBe(0);
    });

    it("watch() sees the end of a process and signals it", async () => {
      const { host, programs } = under();
      const child = await host.processes.spawn(programs.waits);
      const watch = host.processes.watch(host.processes.identify(child.pid) ?? { pid: -1 });

      const wasSent = watch?.kill(sigkill);
      await watch?.ended;
      await child.exited;

      expect(wasSent).toBe(true);
      expect(watch?.kill(sigkill)).toBe(false);
    });

    it("watch() refuses another process of the same number", async () => {
      const { host, programs } = under();
      const child = await host.processes.spawn(programs.waits);

      const watch = host.processes.watch({ pid: child.pid, startTicks: 1n });
      child.kill(sigkill);
      await child.exited;

      expect(watch).toBeUndefined();
    });

    it("close() stops a watch and leaves the process alone", async () => {
      const { host, programs } = under();
      const child = await host.processes.spawn(programs.waits);
      const watch = host.processes.watch({ pid: child.pid });

      watch?.close();

      expect(watch?.kill(sigkill)).toBe(false);
      expect(host.processes.identify(child.pid)).toBeDefined();
      child.kill(sigkill);
      await child.exited;
    });
  });
}
