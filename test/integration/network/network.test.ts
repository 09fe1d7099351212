import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { networkContract } from "../../contracts/network-contract.ts";
import { observeRealHost, openThrowAwayHost, type ThrowAwayHost } from "./throw-away-host.ts";

const portmap = { type: "portmap", capabilities: { portMappings: true } };
const bandwidth = { type: "bandwidth", capabilities: { bandwidth: true } };

networkContract("the network of Debian's plugins", () => openThrowAwayHost("1.0.0", portmap));

describe("the network of Debian's plugins", () => {
  let realHost: string;
  let host: ThrowAwayHost;

  beforeEach(async () => {
    realHost = await observeRealHost();
  });

  afterEach(async () => {
    await host.close();
    assert.equal(await observeRealHost(), realHost);
  });

  it.each(["0.3.0", "0.3.1", "0.4.0", "1.0.0"])("attaches, checks and detaches with version %s", async (version) => {
    host = await openThrowAwayHost(version, portmap);
    const target = await host.newTarget();

    const { ips, mac } = await host.network.attach(target);
    await host.network.check(target.sandboxId);

    const inside = await host.inNamespace(target.netnsPath, "ip", "-o", "addr", "show", "eth0");
    expect(inside).toContain(`inet ${ips[0]}/24`);
    expect(await host.inNamespace(target.netnsPath, "ip", "link", "show", "eth0")).toContain(`link/ether ${mac}`);
    expect(await host.leases()).toEqual(ips);
    await host.inNamespace(target.netnsPath, "busybox", "ping", "-c1", "-W2", "10.213.0.1");
    await host.network.detach(target.sandboxId);
    expect([await host.leases(), await host.leftovers(), await host.cached()]).toEqual([[], [], []]);
  });

  it("publishes a host port and takes it back", async () => {
    host = await openThrowAwayHost("1.0.0", portmap);
    const portMappings = [{ protocol: "tcp", containerPort: 80, hostPort: 18_080, hostIp: "" }] as const;
    const target = await host.newTarget({ portMappings });

    const { ips } = await host.network.attach(target);

    expect(await host.inNamespace("host", "iptables-save", "-t", "nat")).toContain(`--to-destination ${ips[0]}:80`);
    await host.network.detach(target.sandboxId);
    expect(await host.inNamespace("host", "iptables-save", "-t", "nat")).not.toContain("18080");
  });

  it("limits the bandwidth that annotations ask for", async () => {
    host = await openThrowAwayHost("1.0.0", bandwidth);
    const target = await host.newTarget({ annotations: { "kubernetes.io/ingress-bandwidth": "10M" } });

    await host.network.attach(target);

    expect(await host.inNamespace("host", "tc", "qdisc")).toContain("rate 10Mbit");
  });

  it("takes back an attach whose second plugin failed", async () => {
    host = await openThrowAwayHost("1.0.0", { type: "refuse" });
    await installPlugin(
      host,
      "refuse",
      '[ "$CNI_COMMAND" = DEL ] || { echo "{\\"code\\":7,\\"msg\\":\\"no\\"}"; exit 1; }',
    );
    const target = await host.newTarget();

    await expect(host.network.attach(target)).rejects.toThrow(
      `attach sandbox ${target.sandboxId.slice(0, 12)} to network crisptest: plugin refuse: ADD: no`,
    );
    expect(await host.leases()).toHaveLength(1);
    await host.network.detach(target.sandboxId);
    expect([await host.leases(), await host.leftovers(), await host.cached()]).toEqual([[], [], []]);
  });

  it("takes back an attach that was canceled while a plugin hung", async () => {
    host = await openThrowAwayHost("1.0.0", { type: "hang" });
    await installPlugin(host, "hang", `[ "$CNI_COMMAND" = DEL ] || { ${hang}; }`);
    const target = await host.newTarget();
    const caller = new AbortController();
    const attaching = host.network.attach(target, caller).catch((error: unknown) => error);
    await expect.poll(() => hangs(host, "hang")).toBe(true);

    caller.abort();

    expect(await attaching).toMatchObject({ kind: "canceled" });
    await host.network.detach(target.sandboxId);
    expect([await host.leases(), await host.leftovers(), await host.cached()]).toEqual([[], [], []]);
  });

  it("takes back an attach that was canceled between an address and the rules for it", async () => {
    host = await openThrowAwayHost("1.0.0");
    const inner = "/usr/lib/cni/host-local";
    await installProgram(host, "host-local", `[ "$CNI_COMMAND" = ADD ] || exec ${inner}\n${inner} && ${hang}`);
    const target = await host.newTarget();
    const caller = new AbortController();
    const attaching = host.network.attach(target, caller).catch((error: unknown) => error);
    await expect.poll(() => hangs(host, "host-local")).toBe(true);

    caller.abort();

    expect(await attaching).toMatchObject({ kind: "canceled" });
    expect(await host.leases()).toHaveLength(1);
    await host.network.detach(target.sandboxId);
    expect([await host.leases(), await host.leftovers(), await host.cached()]).toEqual([[], [], []]);
  });

  it.each(["removed", "left as a plain file"])("frees the address when the namespace's pin was %s", async (how) => {
    host = await openThrowAwayHost("1.0.0", portmap);
    const target = await host.newTarget();
    await host.network.attach(target);
    await host.unpin(target.netnsPath);
    if (how !== "removed") await writeFile(target.netnsPath, "");

    await host.network.detach(target.sandboxId);

    expect([await host.leases(), await host.cached()]).toEqual([[], []]);
  });

  it("frees what is not valid any more, and only that", async () => {
    host = await openThrowAwayHost("1.0.0", portmap);
    const [kept, stale] = [await host.newTarget(), await host.newTarget()];
    const { ips } = await host.network.attach(kept);
    await host.network.attach(stale);

    await host.network.collectGarbage(() => [kept.sandboxId]);

    expect(await host.leases()).toEqual(ips);
    await host.inNamespace(kept.netnsPath, "busybox", "ping", "-c1", "-W2", "10.213.0.1");
  });
});

/** What a shell does to hang, having said so to {@link hangs}. */
const hang = ': > "$0.hangs"; exec sleep 600';

function hangs({ binDir }: ThrowAwayHost, name: string): boolean {
  return existsSync(join(binDir, `${name}.hangs`));
}

async function installPlugin(host: ThrowAwayHost, name: string, script: string): Promise<void> {
  await installProgram(host, name, `cat > /dev/null\n${script}`);
}

async function installProgram({ binDir }: ThrowAwayHost, name: string, script: string): Promise<void> {
  const path = join(binDir, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}
