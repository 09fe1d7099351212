import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { HostUnderTest } from "./host-under-test.ts";

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
