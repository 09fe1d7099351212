import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AttachTarget } from "#network";
import type { PortMapping } from "#spec";
import { observeRealHost, openDualStackHost, type ThrowAwayHost } from "./throw-away-host.ts";

const program = fileURLToPath(new URL("peer-echo.ts", import.meta.url));
const [nodeV4, nodeV6, clientV4, clientV6] = ["192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2"];

interface ServedPod {
  readonly target: AttachTarget;
  readonly ipv4: string;
  readonly ipv6: string;
}

describe("host ports without a plugin for them", () => {
  let realHost: string;
  let host: ThrowAwayHost;
  const servers: ChildProcess[] = [];

  beforeEach(async () => {
    realHost = await observeRealHost();
    host = await openDualStackHost();
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) server.kill("SIGKILL");
    await host.close();
    assert.equal(await observeRealHost(), realHost);
  });

  /** Attaches a pod and runs a server on its port 80. */
  async function serve(...mappings: readonly Partial<PortMapping>[]): Promise<ServedPod> {
    const portMappings = mappings.map((mapping) => ({ ...tcp8080, ...mapping }));
    const target = await host.newTarget({ portMappings });
    const { ips } = await host.network.attach(target);
    const args = [`--net=${target.netnsPath}`, process.execPath, program, "serve", "80"];
    const server = spawn("/usr/bin/nsenter", args, { stdio: ["ignore", "pipe", "inherit"] });
    servers.push(server);
    await once(server.stdout, "data");
    const [ipv4 = "", ipv6 = ""] = ips;
    return { target, ipv4, ipv6 };
  }

  /** What the server says to whom asks from this namespace. */
  async function ask(from: string, ...question: readonly string[]): Promise<string> {
    return (await host.inNamespace(from, process.execPath, program, "ask", ...question)).trim();
  }

  /** A machine beside the node. */
  async function addClient(): Promise<string> {
    const { netnsPath } = await host.newTarget();
    await host.inNamespace(
      "host",
      "ip",
      "link",
      "add",
      "ext0",
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      netnsPath,
    );
    for (const [at, device, ipv4, ipv6] of [
      ["host", "ext0", nodeV4, nodeV6],
      [netnsPath, "eth0", clientV4, clientV6],
    ] as const) {
      await host.inNamespace(at, "ip", "addr", "add", `${ipv4}/24`, "dev", device);
      await host.inNamespace(at, "ip", "addr", "add", `${ipv6}/64`, "dev", device, "nodad");
      await host.inNamespace(at, "ip", "link", "set", device, "up");
    }
    return netnsPath;
  }

  const ownTables = async (): Promise<string> => {
    const tables = await host.inNamespace("host", "nft", "list", "tables");
    return tables
      .split("\n")
      .filter((line) => line.includes("crisp_") && !line.endsWith("_guard"))
      .join("\n");
  };

  it("lead from another machine to the pod, which sees who asks", async () => {
    await serve({}, { protocol: "udp", hostPort: 5353 });
    const client = await addClient();

    expect(await ask(client, "tcp", nodeV4, "8080")).toBe(clientV4);
    expect(await ask(client, "tcp", nodeV6, "8080")).toBe(clientV6);
    expect(await ask(client, "udp", nodeV4, "5353")).toBe(clientV4);
    expect(await ask(client, "udp", nodeV6, "5353")).toBe(clientV6);
  });

  it("lead from the node itself, from 127.0.0.1 too", async () => {
    await serve({});
    await addClient();

    expect(await ask("host", "tcp", "127.0.0.1", "8080")).toBe("10.213.0.1");
    expect(await ask("host", "tcp", nodeV4, "8080")).toBe(nodeV4);
    expect(await ask("host", "tcp", nodeV6, "8080")).toBe(nodeV6);
    await expect(ask("host", "tcp", "::1", "8080")).rejects.toThrow("ECONNREFUSED");
  });

  it("lead from the pod to itself, and from a pod of the same network", async () => {
    const { target } = await serve({});
    const { target: other } = await serve();

    for (const { netnsPath } of [target, other]) {
      expect(await ask(netnsPath, "tcp", "10.213.0.1", "8080")).toBe("10.213.0.1");
      expect(await ask(netnsPath, "tcp", "fd00:213::1", "8080")).toBe("fd00:213::1");
    }
  });

  it("count on the address that is asked for, and on no other", async () => {
    const client = await addClient();
    await serve({ hostIp: nodeV4 }, { hostIp: nodeV6, hostPort: 8081 });

    expect(await ask(client, "tcp", nodeV4, "8080")).toBe(clientV4);
    expect(await ask(client, "tcp", nodeV6, "8081")).toBe(clientV6);
    await expect(ask(client, "tcp", nodeV4, "8081")).rejects.toThrow("ECONNREFUSED");
    await expect(ask(client, "tcp", nodeV6, "8080")).rejects.toThrow("ECONNREFUSED");
  });

  it("open the node's loopback to nobody else", async () => {
    await serve({});
    const { target: stranger } = await serve();
    const args = ["--net=" + join(host.dir, "netns-host"), process.execPath, program, "serve", "9999"];
    const server = spawn("/usr/bin/nsenter", args, { stdio: ["ignore", "pipe", "inherit"] });
    servers.push(server);
    await once(server.stdout, "data");
    const { netnsPath } = stranger;
    // The kernel has its own reasons to drop such packets, as long as nobody takes them away.
    await host.inNamespace(netnsPath, "sysctl", "-q", "-w", "net.ipv4.conf.eth0.route_localnet=1");
    await host.inNamespace(netnsPath, "ip", "addr", "del", "127.0.0.1/8", "dev", "lo");
    await host.inNamespace(netnsPath, "ip", "route", "add", "127.0.0.1", "via", "10.213.0.1", "dev", "eth0");

    await expect(ask(netnsPath, "tcp", "127.0.0.1", "9999")).rejects.toThrow("AbortError");
    expect(await ask(netnsPath, "tcp", "10.213.0.1", "9999")).not.toBe("");
  });

  it("reach the kernel for SCTP as for the others", async () => {
    const { ipv4, ipv6 } = await serve({ protocol: "sctp", hostPort: 38_412, containerPort: 38_412 });

    const rules = await host.inNamespace("host", "nft", "list", "ruleset");

    expect(rules).toContain(`sctp dport 38412 dnat ip to ${ipv4}:38412`);
    expect(rules).toContain(`sctp dport 38412 dnat ip6 to [${ipv6}]:38412`);
  });

  it("lead a UDP sender that asks on to the next pod, not into the void", async () => {
    const client = await addClient();
    const { target } = await serve({ protocol: "udp", hostPort: 5353 });
    expect(await ask(client, "udp", nodeV4, "5353")).toBe(clientV4);

    await host.network.detach(target.sandboxId);
    const flows = await host.inNamespace("host", "conntrack", "-L", "-p", "udp", "--orig-port-dst", "5353");

    expect(flows).toBe("");
  });

  it("go with their pod, and those of other pods stay", async () => {
    const { target } = await serve({});
    await serve({ hostPort: 8081 });

    await host.network.detach(target.sandboxId);

    await expect(ask("host", "tcp", "127.0.0.1", "8080")).rejects.toThrow("ECONNREFUSED");
    expect(await ask("host", "tcp", "127.0.0.1", "8081")).toBe("10.213.0.1");
  });

  it("are refused where the pod has no address of the family, and what was made goes", async () => {
    const target = await host.newTarget({ portMappings: [{ ...tcp8080, hostIp: "::1" }] });

    await expect(host.network.attach(target)).rejects.toMatchObject({ kind: "unsupported" });
    await host.network.detach(target.sandboxId);

    expect([await ownTables(), await host.leases(), await host.leftovers(), await host.cached()]).toEqual([
      "",
      [],
      [],
      [],
    ]);
  });

  it("of a pod that nobody remembers go when the daemon comes back; those of others stay", async () => {
    const { target: lost } = await serve({});
    await serve({ hostPort: 8081 });
    for (const name of await readdir(join(host.dir, "cache"))) {
      if (name.startsWith(lost.sandboxId)) await rm(join(host.dir, "cache", name));
    }
    await host.inNamespace("host", "nft", "add", "table", "inet", "crisp_of_another");

    const again = await host.openNetwork();
    await again.close();

    expect(await ownTables()).not.toContain(lost.sandboxId);
    expect((await ownTables()).split("\n")).toHaveLength(2);
    expect(await ask("host", "tcp", "127.0.0.1", "8081")).toBe("10.213.0.1");
  });
});

const tcp8080: PortMapping = { protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "" };
