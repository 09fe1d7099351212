import { beforeEach, describe, expect, it } from "vitest";
import { newSandboxId, silentLogger } from "#foundation";
import { FakeHost, type FakeOutcome } from "#host";
import type { CniAddress } from "#spec";
import { HostPorts } from "./host-ports.ts";
import type { PublishedPort } from "./plan.ts";

const ipv4: CniAddress = { ip: "10.1.2.3", family: "ipv4", prefixLength: 24 };
const ipv6: CniAddress = { ip: "fd00::3", family: "ipv6", prefixLength: 64 };
const web: PublishedPort = { protocol: "tcp", hostPort: 8080, hostIp: "", containerPort: 80, target: ipv4 };
const dns: PublishedPort = { protocol: "udp", hostPort: 53, hostIp: "192.0.2.1", containerPort: 5353, target: ipv4 };

describe("HostPorts", () => {
  const pod = { sandboxId: newSandboxId(), podName: "web-0", podNamespace: "shop" };
  const commands: string[] = [];
  const scripts: string[] = [];
  const outcomes = new Map<string, FakeOutcome>();
  let ports: HostPorts;

  beforeEach(() => {
    commands.length = 0;
    scripts.length = 0;
    outcomes.clear();
    outcomes.set("ip", { stdout: '[{"dst":"10.1.2.3","dev":"cni0"}]' });
    for (const program of ["nft", "sysctl", "conntrack"]) outcomes.set(program, {});
    const host = new FakeHost();
    host.processes.script(({ program, args }) => {
      const outcome = outcomes.get(program);
      if (outcome === undefined) return undefined;
      return async (process) => {
        commands.push([program, ...args].join(" "));
        if (args.includes("-f") && program === "nft") scripts.push((await process.readAll(0)).toString());
        return outcome;
      };
    });
    const options = { owner: "/var/lib/crisp", environment: { PATH: "/sbin" } };
    ports = new HostPorts(options, { processes: host.processes, logger: silentLogger });
  });

  it("publishes in one transaction, and guards 127.0.0.1 before it opens it", async () => {
    await ports.publish({ ...pod, ports: [web] });

    expect(commands).toEqual([
      "ip -j route get 10.1.2.3",
      "nft -f -",
      "sysctl -q -w net/ipv4/conf/cni0/route_localnet=1",
    ]);
    expect(scripts[0]).toContain('opened { "cni0" }');
    expect(scripts[0]).toContain(`comment "shop/web-0"`);
    expect(scripts[0]).toContain("meta nfproto ipv4 fib daddr type local tcp dport 8080 dnat ip to 10.1.2.3:80;");
    expect(scripts[0]).toContain(
      "ip saddr { 10.1.2.3/24, 127.0.0.0/8 } ip daddr 10.1.2.3 tcp dport 80 ct status dnat masquerade;",
    );
  });

  it("opens nothing for ports that 127.0.0.1 does not lead to", async () => {
    const six = { ...web, target: ipv6 };

    await ports.publish({ ...pod, ports: [{ ...web, hostIp: "192.0.2.1" }, six] });

    expect(commands).toEqual(["nft -f -"]);
    expect(scripts[0]).toContain("ip daddr 192.0.2.1 tcp dport 8080 dnat ip to 10.1.2.3:80;");
    expect(scripts[0]).toContain("ip6 daddr != ::1 fib daddr type local tcp dport 8080 dnat ip6 to [fd00::3]:80;");
  });

  it("keeps what a pod's name could do to the script out of it", async () => {
    await ports.publish({ ...pod, podName: 'a"; }\n', ports: [dns] });

    expect(scripts[0]).toContain('comment "shop/a?????"');
  });

  it("lets the kernel forget where it sent UDP, at the beginning and at the end", async () => {
    outcomes.set("conntrack", { exitCode: 1, stderr: "0 flow entries have been deleted." });
    const mappings = [{ ...dns, hostIp: "192.0.2.1" }, web];

    await ports.publish({ ...pod, ports: [dns, { ...web, hostIp: "192.0.2.1" }] });
    await ports.withdraw({ sandboxId: pod.sandboxId, mappings, addresses: [ipv4, ipv6] });

    expect(commands.filter((command) => command.startsWith("conntrack"))).toEqual([
      "conntrack -D -f ipv4 -p udp --orig-port-dst 53 --orig-dst 192.0.2.1",
      "conntrack -D -f ipv4 -p udp --orig-port-dst 53 --dst-nat 10.1.2.3",
      "conntrack -D -f ipv6 -p udp --orig-port-dst 53 --dst-nat fd00::3",
    ]);
  });

  it("does without conntrack where it is not installed, and not without nft", async () => {
    outcomes.delete("conntrack");
    await ports.publish({ ...pod, ports: [dns] });
    outcomes.delete("nft");

    await expect(ports.publish({ ...pod, ports: [dns] })).rejects.toMatchObject({
      kind: "unavailable",
      message: "host ports: nft is not on this node, and no network plugin does them",
    });
    await expect(ports.collect(async () => [])).resolves.toBeUndefined();
  });

  it.each(["nft", "ip", "sysctl"])("says what %s said when it fails", async (program) => {
    outcomes.set(program, { exitCode: 2, stderr: "no such luck\n" });

    await expect(ports.publish({ ...pod, ports: [web] })).rejects.toThrow(
      `host ports: ${program}: exit code 2: no such luck`,
    );
  });

  it.each(["[]", "[{}]", '[{"dev":"a\\"b"}]'])("refuses the route %s", async (stdout) => {
    outcomes.set("ip", { stdout });

    await expect(ports.publish({ ...pod, ports: [web] })).rejects.toThrow("no device leads to 10.1.2.3");
  });

  it("collects tables of its own that nobody knows, and only them", async () => {
    await ports.publish({ ...pod, ports: [web] });
    const own = /add table inet (crisp_[0-9a-f]{8}_)guard/.exec(scripts[0] ?? "")?.[1] ?? "";
    const stale = own + newSandboxId();
    const names = [`${own}guard`, own + pod.sandboxId, stale, `crisp_00000000_${newSandboxId()}`, "filter"];
    const tables = names.map((name) => ({ table: { family: "inet", name, handle: 1 } }));
    outcomes.set("nft", { stdout: JSON.stringify({ nftables: [{ metainfo: {} }, ...tables] }) });

    await ports.collect(async () => [pod.sandboxId]);

    expect(scripts.at(-1)).toBe(`add table inet ${stale}\ndelete table inet ${stale}\n`);
  });
});
