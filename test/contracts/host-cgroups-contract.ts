import { describe, expect, it } from "vitest";
import type { HostUnderTest } from "./host-under-test.ts";

const sigkill = 9;

/** What every form of Host promises of its cgroups. */
export function cgroupsContract(under: () => HostUnderTest): void {
  describe("cgroups", () => {
    it("ensure() says what is new; remove() of a missing one is success", async () => {
      const { host, cgroup } = under();

      const made = [await host.cgroups.ensure(cgroup), await host.cgroups.ensure(cgroup)];
      await host.cgroups.remove(cgroup);
      await host.cgroups.remove(cgroup);

      expect(made).toEqual([true, false]);
      expect(await host.cgroups.ensure(cgroup)).toBe(true);
      await host.cgroups.removeEmpty(cgroup);
    });

    it("removeEmpty() keeps a cgroup that has one below it", async () => {
      const { host, cgroup } = under();
      await host.cgroups.ensure(`${cgroup}/below`);

      await host.cgroups.removeEmpty(cgroup);

      expect(await host.cgroups.ensure(`${cgroup}/below`)).toBe(false);
      await host.cgroups.removeEmpty(`${cgroup}/below`);
    });

    it("ensure() makes a cgroup while others remove the empty ones above it", async () => {
      const { host, cgroup } = under();
      let isMaking = true;
      const removeAll = async (): Promise<void> => {
        while (isMaking) {
          await Promise.all([1, 2].map((each) => host.cgroups.removeEmpty(`${cgroup}/pods/${each}`)));
        }
      };
      const makeAll = async (): Promise<void> => {
        for (let round = 0; round < 60; round += 1) {
          await Promise.all([1, 2].map((each) => host.cgroups.ensure(`${cgroup}/pods/${each}`)));
        }
      };

      const removing = removeAll();
      const making = makeAll().finally(() => {
        isMaking = false;
      });

      await expect(making).resolves.toBeUndefined();
      await expect(removing).resolves.toBeUndefined();
      await host.cgroups.remove(cgroup);
    });

    it("children() names those directly below; none of one that is missing", async () => {
      const { host, cgroup } = under();
      for (const name of ["two/deeper", "one"]) await host.cgroups.ensure(`${cgroup}/${name}`);

      const children = await host.cgroups.children(cgroup);
      await host.cgroups.remove(cgroup);

      expect(children).toEqual(["one", "two"]);
      expect(await host.cgroups.children(cgroup)).toEqual([]);
      await host.cgroups.removeEmpty(cgroup);
    });

    it("remove() takes those below with it", async () => {
      const { host, cgroup } = under();
      await host.cgroups.ensure(`${cgroup}/below/deeper`);

      await host.cgroups.remove(cgroup);

      expect(await host.cgroups.ensure(cgroup)).toBe(true);
      await host.cgroups.removeEmpty(cgroup);
    });

    it("removeEmpty() takes a cgroup and those above as far as nobody uses them", async () => {
      const { host, cgroup } = under();
      const parent = cgroup.slice(0, cgroup.lastIndexOf("/"));
      for (const path of [`${cgroup}/below`, `${parent}/sibling`]) await host.cgroups.ensure(path);

      await host.cgroups.removeEmpty(cgroup);
      const wasKept = !(await host.cgroups.ensure(`${cgroup}/below`));
      await host.cgroups.removeEmpty(`${cgroup}/below`);
      const wasRemoved = await host.cgroups.ensure(cgroup);
      const siblingWasKept = !(await host.cgroups.ensure(`${parent}/sibling`));
      await host.cgroups.removeEmpty(`${parent}/sibling`);
      await host.cgroups.removeEmpty(cgroup);

      expect([wasKept, wasRemoved, siblingWasKept]).toEqual([true, true, true]);
      expect(await host.cgroups.ensure(parent)).toBe(true);
      await host.cgroups.remove(parent);
    });

    it("pids(), of() and kill() know the processes in a cgroup and below", async () => {
      const { host, programs, cgroup, place } = under();
      const [child, other] = [await host.processes.spawn(programs.waits), await host.processes.spawn(programs.waits)];
      await host.cgroups.ensure(`${cgroup}/below`);
      const counts = [host.cgroups.processCount(cgroup)];
      for (const { pid } of [child, other]) {
        await place(pid, `${cgroup}/below`);
        counts.push(host.cgroups.processCount(cgroup));
      }

      const pids = await host.cgroups.pids(cgroup);
      const found = await host.cgroups.of(child.pid);
      await host.cgroups.kill(cgroup);
      const [exit] = await Promise.all([child.exited, other.exited]);
      await host.cgroups.remove(cgroup);
      await host.cgroups.removeEmpty(cgroup);

      expect(new Set(pids)).toEqual(new Set([child.pid, other.pid]));
      expect([...counts, host.cgroups.processCount(cgroup)]).toEqual([0, 1, 2, 0]);
      expect(found).toBe(`${cgroup}/below`);
      expect(exit).toMatchObject({ signal: sigkill });
      expect(await host.cgroups.pids(cgroup)).toEqual([]);
    });

    it("part() makes one that is killed alone, and whose processes go on in the whole when it is dissolved", async () => {
      const { host, programs, cgroup, place } = under();
      const [first, second] = [await host.processes.spawn(programs.waits), await host.processes.spawn(programs.waits)];
      await host.cgroups.ensure(cgroup);
      const [one, other] = [await host.cgroups.part(cgroup, "one"), await host.cgroups.part(cgroup, "other")];
      await place(first.pid, `${cgroup}/one`);
      await place(second.pid, `${cgroup}/other`);

      await one?.kill();
      const exit = await first.exited;
      for (const part of [one, other, other]) await part?.dissolve();
      const kept = await host.cgroups.pids(cgroup);
      await host.cgroups.kill(cgroup);
      await second.exited;
      await host.cgroups.remove(cgroup);
      await host.cgroups.removeEmpty(cgroup);

      expect(exit).toMatchObject({ signal: sigkill });
      expect(kept).toEqual([second.pid]);
    });

    it("expectMoves() leaves this process where it is", async () => {
      const { host, programs } = under();
      const first = await host.processes.spawn(programs.waits);

      await Promise.all([host.cgroups.expectMoves(), host.cgroups.expectMoves()]);
      const second = await host.processes.spawn(programs.waits);

      // A child is where its parent is.
      const places = await Promise.all([first, second].map(({ pid }) => host.cgroups.of(pid)));
      for (const child of [first, second]) child.kill(sigkill);
      await Promise.all([first.exited, second.exited]);
      expect(places[1]).toBe(places[0]);
    });

    it("part() of a cgroup that is not there makes none", async () => {
      const { host, cgroup } = under();

      expect(await host.cgroups.part(cgroup, "one")).toBeUndefined();
    });

    it("remove() refuses a cgroup with a process in it", async () => {
      const { host, programs, cgroup, place } = under();
      const child = await host.processes.spawn(programs.waits);
      await host.cgroups.ensure(cgroup);
      await place(child.pid, cgroup);

      await expect(host.cgroups.remove(cgroup)).rejects.toMatchObject({ kind: "busy", reason: { pids: [child.pid] } });

      child.kill(sigkill);
      await child.exited;
      await host.cgroups.remove(cgroup);
      await host.cgroups.removeEmpty(cgroup);
    });

    it("usage() and detail() tell of a cgroup that is there, and of no other", async () => {
      const { host, cgroup } = under();
      await host.cgroups.ensure(cgroup);

      const [usage, detail] = [host.cgroups.usage(cgroup), host.cgroups.detail(cgroup)];
      await host.cgroups.removeEmpty(cgroup);

      expect(usage).toMatchObject({ cpu: { usageNanos: 0n }, memory: { rssBytes: 0n } });
      expect(detail).toMatchObject({ tasks: { current: 0n } });
      expect([host.cgroups.usage(cgroup), host.cgroups.detail(cgroup)]).toEqual([undefined, undefined]);
    });

    it("readAhead() tells the same of cgroups, also of those that come and go meanwhile", async () => {
      const { host, programs, cgroup, place } = under();
      const parts = ["one", "two"].map((name) => `${cgroup}/${name}`);
      const [one = "", two = ""] = parts;
      const look = (): readonly (number | bigint | undefined)[] =>
        parts.map((path) => host.cgroups.usage(path) && host.cgroups.processCount(path));
      for (const path of [cgroup, ...parts]) await host.cgroups.ensure(path);
      const before = look();

      const rounds = [];
      for (let round = 0; round < 20; round += 1) {
        using _ahead = host.cgroups.readAhead([one, "/not/there", two]);
        rounds.push(look());
      }
      const child = await host.processes.spawn(programs.waits);
      await place(child.pid, two);
      const filled = look();
      await host.cgroups.kill(two);
      await child.exited;
      const ahead = host.cgroups.readAhead(parts);
      await host.cgroups.remove(one);
      ahead[Symbol.dispose]();
      const gone = look();
      for (const path of [two, cgroup]) await host.cgroups.removeEmpty(path);

      expect(before).toEqual([0, 0]);
      expect(new Set(rounds.map(String))).toEqual(new Set([String(before)]));
      expect(filled).toEqual([0, 1]);
      expect(gone).toEqual([undefined, 0]);
    });

    it.each(["/", "", "relative", "/a/../b", "/a//b", "/a/."])("refuses the path %j", async (path) => {
      const { host } = under();

      await expect(host.cgroups.kill(path)).rejects.toMatchObject({ kind: "invalid" });
      await expect(host.cgroups.remove(path)).rejects.toMatchObject({ kind: "invalid" });
    });

    it("probe() succeeds and leaves nothing", async () => {
      await expect(under().host.cgroups.probe()).resolves.toBeUndefined();
    });
  });
}
