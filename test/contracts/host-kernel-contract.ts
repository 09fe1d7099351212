import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { HostUnderTest } from "./host-under-test.ts";

const sigkill = 9;
const ids = [{ containerId: 0, hostId: 100_000, length: 65_536 }];
const mappings = { uids: ids, gids: ids };

/** What every form of Host promises of its mounts. */
export function mountsContract(under: () => HostUnderTest): void {
  describe("mounts", () => {
    it("mount() shows in the list until it is unmounted; unmounting again is success", async () => {
      const { host, directory } = under();
      await host.mounts.mount({
        source: "tmpfs",
        target: directory,
        type: "tmpfs",
        flags: ["nosuid"],
        data: "size=1m",
      });

      const mounted = (await host.mounts.list()).filter(({ target }) => target === directory);
      await host.mounts.unmount(directory);
      await host.mounts.unmount(directory);

      expect(mounted).toMatchObject([{ type: "tmpfs" }]);
      expect((await host.mounts.list()).filter(({ target }) => target === directory)).toEqual([]);
    });

    it("mount() makes a read-only bind mount", async () => {
      const { host, directory } = under();
      const [source, target] = [join(directory, "source"), join(directory, "target")];
      await host.files.makeDirectory(source);
      await host.files.makeDirectory(target);

      await host.mounts.mount({ source, target, type: "", flags: ["bind", "ro", "private"] });
      const entry = (await host.mounts.list()).find((each) => each.target === target);
      await host.mounts.unmount(target);

      expect(entry?.options.split(",")).toContain("ro");
    });

    it("mount() names the target that is missing, and flags it does not know", async () => {
      const { host, directory } = under();
      const target = join(directory, "missing");

      await expect(host.mounts.mount({ source: "tmpfs", target, type: "tmpfs", flags: [] })).rejects.toMatchObject({
        kind: "not-found",
        message: `mount tmpfs on ${target}: no such file or directory`,
      });
      await expect(
        host.mounts.mount({ source: "tmpfs", target: directory, type: "tmpfs", flags: ["no-such-flag"] }),
      ).rejects.toMatchObject({ kind: "invalid" });
      await host.mounts.unmount(target);
    });

    it("mountMapped() shows a tree with other owners until it is unmounted", async () => {
      const { host, directory } = under();
      const [source, target] = [join(directory, "source"), join(directory, "target")];
      const userNamespace = join(directory, "user");
      for (const path of [source, target]) await host.files.makeDirectory(path);
      await host.namespaces.pin({ pins: {}, user: { path: userNamespace, mappings } });

      await host.mounts.mountMapped({
        source,
        target,
        userNamespace,
        scope: "mount",
        propagation: "private",
        isReadonly: true,
      });
      const entry = (await host.mounts.list()).find((each) => each.target === target);
      await host.mounts.unmount(target);
      await host.namespaces.unpin(userNamespace);

      expect(entry?.options.split(",")).toContain("ro");
      expect(entry?.options.split(",")).toContain("idmapped");
    });

    it("mountMapped() makes its target, of a file too", async () => {
      const { host, directory } = under();
      const [source, target] = [join(directory, "source"), join(directory, "target")];
      const userNamespace = join(directory, "user");
      await host.files.write(source, "");
      await host.namespaces.pin({ pins: {}, user: { path: userNamespace, mappings } });

      await host.mounts.mountMapped({
        source,
        target,
        userNamespace,
        scope: "tree",
        propagation: "slave",
        isReadonly: false,
      });
      await host.mounts.unmount(target);
      await host.namespaces.unpin(userNamespace);

      expect((await host.files.stat(target))?.kind).toBe("file");
    });

    it("mountMapped() names the tree that is missing", async () => {
      const { host, directory } = under();
      const [source, userNamespace] = [join(directory, "missing"), join(directory, "user")];
      await host.namespaces.pin({ pins: {}, user: { path: userNamespace, mappings } });

      const mounting = host.mounts.mountMapped({
        source,
        target: directory,
        userNamespace,
        scope: "tree",
        propagation: "private",
        isReadonly: false,
      });

      await expect(mounting).rejects.toMatchObject({ kind: "not-found" });
      await host.namespaces.unpin(userNamespace);
    });

    it("remove() refuses a tree with a mount in it and keeps what is mounted", async () => {
      const { host, directory } = under();
      const [source, target] = [join(directory, "source"), join(directory, "tree/target")];
      await host.files.makeDirectory(source);
      await host.files.makeDirectory(target);
      await host.files.write(join(source, "kept"), "");
      await host.mounts.mount({ source, target, type: "", flags: ["bind"] });

      const removing = host.files.remove(join(directory, "tree"));

      await expect(removing).rejects.toMatchObject({ kind: "busy", reason: { mount: target } });
      expect(await host.files.list(source)).toEqual(["kept"]);
      await host.mounts.unmount(target);
      await host.files.remove(join(directory, "tree"));
    });
  });
}

/** What every form of Host promises of its namespaces. */
export function namespacesContract(under: () => HostUnderTest): void {
  describe("namespaces", () => {
    it("pin() keeps each namespace under its path; unpin() takes it away, twice is success", async () => {
      const { host, directory } = under();
      const pins = { net: join(directory, "net"), ipc: join(directory, "ipc"), uts: join(directory, "uts") };

      await host.namespaces.pin({ pins, hostname: "pod", loopbackUp: true, sysctls: { "net.ipv4.ip_forward": "1" } });
      const pinned = (await host.mounts.list()).filter(({ target }) => target.startsWith(directory));
      for (const path of [...Object.values(pins), pins.net]) await host.namespaces.unpin(path);

      expect(pinned.map(({ type, target }) => [type, target])).toEqual(
        Object.values(pins).map((path) => ["nsfs", path]),
      );
      expect(new Set(pinned.map(({ root }) => root)).size).toBe(3);
      expect(await host.files.list(directory)).toEqual([]);
      expect((await host.mounts.list()).filter(({ target }) => target.startsWith(directory))).toEqual([]);
    });

    it("pin() makes a user namespace and the others in it", async () => {
      const { host, directory } = under();
      const pins = { net: join(directory, "net"), ipc: join(directory, "ipc"), uts: join(directory, "uts") };
      const user = { path: join(directory, "user"), mappings };
      const sysctls = { "net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1" };

      await host.namespaces.pin({ pins, user, hostname: "pod", loopbackUp: true, sysctls });
      const pinned = (await host.mounts.list()).filter(({ target }) => target.startsWith(directory));
      const counted = await host.namespaces.networkCounters(pins.net);
      for (const path of [...Object.values(pins), user.path]) await host.namespaces.unpin(path);

      const expected = [user.path, ...Object.values(pins)].map((path) => ["nsfs", path]);
      expect(pinned.map(({ type, target }) => [type, target])).toEqual(expected);
      expect(counted.filter(({ received, sent }) => received.bytes + sent.bytes > 0n)).toEqual([]);
      expect(await host.files.list(directory)).toEqual([]);
    });

    it("networkCounters() counts in a namespace without a process; in none that is not pinned", async () => {
      const { host, directory } = under();
      const net = join(directory, "net");
      await host.namespaces.pin({ pins: { net }, loopbackUp: true });

      const counted = await host.namespaces.networkCounters(net);
      await host.namespaces.unpin(net);

      expect(counted.filter(({ received, sent }) => received.bytes + sent.bytes > 0n)).toEqual([]);
      await expect(host.namespaces.networkCounters(net)).rejects.toMatchObject({ kind: "not-found" });
    });

    it("pin() refuses a sysctl of the node and leaves nothing", async () => {
      const { host, directory } = under();
      const pinning = host.namespaces.pin({ pins: { net: join(directory, "net") }, sysctls: { "vm.swappiness": "1" } });

      await expect(pinning).rejects.toMatchObject({ kind: "invalid", reason: { name: "vm.swappiness" } });
      expect(await host.files.list(directory)).toEqual([]);
    });

    it("pin() into a missing directory fails and leaves nothing", async () => {
      const { host, directory } = under();
      const pins = { net: join(directory, "net"), ipc: join(directory, "missing/ipc") };

      await expect(host.namespaces.pin({ pins })).rejects.toMatchObject({ kind: "not-found" });
      expect(await host.files.list(directory)).toEqual([]);
    });
  });
}

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
