import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPlace, type Place } from "./place.ts";

describe("namespaces of the linux host", () => {
  let place: Place;
  beforeEach(async () => {
    place = await openPlace();
  });

  afterEach(async () => {
    await place.dispose();
  });

  it("are furnished as asked for", async () => {
    const { host, directory } = place;
    const pins = { net: join(directory, "net"), ipc: join(directory, "ipc"), uts: join(directory, "uts") };
    const sysctls = { "net.ipv4.ip_unprivileged_port_start": "7", "kernel.shm_rmid_forced": "1" };

    await host.namespaces.pin({ pins, hostname: "the-pod", sysctls, loopbackUp: true });
    const look = "cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced";
    const args = [`--net=${pins.net}`, `--ipc=${pins.ipc}`, `--uts=${pins.uts}`, "sh", "-c"];
    const inside = await host.processes.run(
      { program: "nsenter", args: [...args, `hostname; ${look}; ip -o addr show lo`] },
      { timeoutMs: 5_000 },
    );
    for (const path of Object.values(pins)) await host.namespaces.unpin(path);

    const [hostname, port, forced, ...addresses] = inside.stdout.toString().trim().split("\n");
    expect([hostname, port, forced]).toEqual(["the-pod", "7", "1"]);
    expect(addresses.join("\n")).toMatch(/127\.0\.0\.1\/8[^]*::1\/128/);
  });

  it("are owned by a user namespace and furnished, as its root could not be by the node", async () => {
    const { host, directory } = place;
    const pins = { net: join(directory, "net"), ipc: join(directory, "ipc"), uts: join(directory, "uts") };
    const path = join(directory, "user");
    const mappings = {
      uids: [{ containerId: 0, hostId: 200_000, length: 65_536 }],
      gids: [{ containerId: 0, hostId: 300_000, length: 1_000 }],
    };
    const sysctls = { "net.ipv4.ip_unprivileged_port_start": "7", "kernel.shm_rmid_forced": "1" };

    await host.namespaces.pin({ pins, user: { path, mappings }, hostname: "the-pod", sysctls, loopbackUp: true });
    const look = "cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced";
    const maps = "cat /proc/self/uid_map /proc/self/gid_map";
    const args = [`--user=${path}`, `--net=${pins.net}`, `--ipc=${pins.ipc}`, `--uts=${pins.uts}`, "sh", "-c"];
    const script = `hostname; ${look}; ip link set lo mtu 9000 && ip -o link show lo; hostname changed && hostname; ${maps}`;
    const inside = await host.processes.run({ program: "nsenter", args: [...args, script] }, { timeoutMs: 5_000 });
    for (const each of [path, ...Object.values(pins)]) await host.namespaces.unpin(each);

    const lines = inside.stdout.toString().trim().split("\n");
    expect([lines.slice(0, 3), inside.stderr.toString()]).toEqual([["the-pod", "7", "1"], ""]);
    expect(lines[3]).toMatch(/UP.*mtu 9000/);
    expect(lines.slice(4).map((line) => line.trim().replace(/\s+/g, " "))).toEqual([
      "changed",
      "0 200000 65536",
      "0 300000 1000",
    ]);
  });

  it("of a user leave nothing when a sysctl or a mapping is refused by the kernel", async () => {
    const { host, directory } = place;
    const pins = { ipc: join(directory, "ipc") };
    const path = join(directory, "user");
    const ids = [{ containerId: 0, hostId: 200_000, length: 10 }];
    const overlapping = { uids: [...ids, ...ids], gids: ids };

    const unmapped = host.namespaces.pin({ pins, user: { path, mappings: overlapping } });
    await expect(unmapped).rejects.toThrow("make a user namespace: invalid argument");
    const user = { path, mappings: { uids: ids, gids: ids } };
    const unset = host.namespaces.pin({ pins, user, sysctls: { "kernel.sem": "no number" } });

    await expect(unset).rejects.toThrow(/^set \/proc\/sys\/kernel\/sem to no number: .*error/);
    expect(await host.files.list(directory)).toEqual([]);
  });

  it("leave the machine's own hostname and sysctls alone", async () => {
    const { host, directory } = place;
    const look = async (): Promise<string> => {
      const files = ["/proc/sys/kernel/hostname", "/proc/sys/net/ipv4/ip_unprivileged_port_start"];
      return (await Promise.all(files.map((path) => host.files.readText(path)))).join();
    };
    const before = await look();
    const pins = { net: join(directory, "net"), uts: join(directory, "uts") };

    await host.namespaces.pin({ pins, hostname: "pod", sysctls: { "net.ipv4.ip_unprivileged_port_start": "9" } });
    const after = await look();
    for (const path of Object.values(pins)) await host.namespaces.unpin(path);

    expect(after).toBe(before);
  });

  it("leave nothing when a sysctl is refused by the kernel", async () => {
    const { host, directory } = place;
    const pins = { net: join(directory, "net"), uts: join(directory, "uts") };

    const pinning = host.namespaces.pin({ pins, sysctls: { "net.ipv4.no_such_sysctl": "1" } });

    await expect(pinning).rejects.toThrow(/set \/proc\/sys\/net\/ipv4\/no_such_sysctl to 1: no such file/);
    expect(await host.files.list(directory)).toEqual([]);
  });

  it("are all different when many are made", async () => {
    const { host, directory } = place;
    const paths = Array.from({ length: 20 }, (_value, index) => join(directory, `net-${index}`));

    await Promise.all(paths.map((net) => host.namespaces.pin({ pins: { net } })));
    const roots = (await host.mounts.list()).filter(({ target }) => paths.includes(target)).map(({ root }) => root);
    await Promise.all(paths.map((path) => host.namespaces.unpin(path)));

    expect(new Set(roots).size).toBe(20);
  });
});
