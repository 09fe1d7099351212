import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createSystemClock, newSandboxId, silentLogger } from "#foundation";
import { createLinuxHost, type Host } from "#host";
import { type AttachTarget, createNetwork, type Network } from "#network";

const execute = promisify(execFile);
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const pluginDir = "/usr/lib/cni";
const networkName = "crisptest";
/** Another run may go on beside this one. */
const prefix = `crisp-network-${process.pid}-`;

/**
 * A machine for plugins: a network namespace that they take for the host's, so
 * that the real one's bridges, addresses and firewall rules stay untouched.
 */
export interface ThrowAwayHost {
  readonly dir: string;
  readonly network: Network;
  /** A further network over the same directories: what a daemon that was started again has. Close it. */
  readonly openNetwork: () => Promise<Network>;
  /** Directory of further plugins, searched before the system's. */
  readonly binDir: string;
  newTarget(overrides?: Partial<AttachTarget>): Promise<AttachTarget>;
  /** Runs a program in a network namespace: the one at a path, or the host's, which is called "host". */
  inNamespace(netnsPath: string, program: string, ...args: readonly string[]): Promise<string>;
  /** Addresses that host-local has leased. */
  leases(): Promise<readonly string[]>;
  /** What plugins left in the host's namespace: ports of the bridge, chains and rules. */
  leftovers(): Promise<readonly string[]>;
  /** Files of the cache. */
  cached(): Promise<readonly string[]>;
  unpin(netnsPath: string): Promise<void>;
  close(): Promise<void>;
}

/** Makes one with a bridge network of this version, followed by further plugins. */
export async function openThrowAwayHost(
  cniVersion = "1.0.0",
  ...furtherPlugins: readonly object[]
): Promise<ThrowAwayHost> {
  return await openWith(cniVersion, ["10.213.0.0/24"], furtherPlugins);
}

/** Makes one whose bridge network gives each pod an address of either family, and has no plugin for host ports. */
export async function openDualStackHost(): Promise<ThrowAwayHost> {
  return await openWith("1.0.0", ["10.213.0.0/24", "fd00:213::/64"], []);
}

async function openWith(
  cniVersion: string,
  subnets: readonly string[],
  furtherPlugins: readonly object[],
): Promise<ThrowAwayHost> {
  const host = await createLinuxHost({ path: systemPath });
  const dir = await mkdtemp(join(tmpdir(), prefix));
  const hostNetns = join(dir, "netns-host");
  await host.namespaces.pin({ pins: { net: hostNetns }, loopbackUp: true });
  await writeConfig(dir, { cniVersion, name: networkName, plugins: [bridgePlugin(dir, subnets), ...furtherPlugins] });
  const directories = {
    confDir: join(dir, "net.d"),
    binDirs: [join(dir, "bin"), pluginDir],
    cacheDir: join(dir, "cache"),
  };
  const deps = { host: pluginsIn(hostNetns, host), clock: createSystemClock(), logger: silentLogger };
  const openNetwork = (): Promise<Network> => createNetwork(directories, deps);
  return createHost({ dir, host, network: await openNetwork(), openNetwork });
}

/**
 * What these tests could have left on the real host: only what bears their
 * names, since others work on the machine meanwhile.
 */
export async function observeRealHost(): Promise<string> {
  const [links, rules, mounts] = await Promise.all([
    execute("ip", ["-oneline", "link"]).then(({ stdout }) => linesWith(stdout, networkName)),
    execute("iptables-save").then(({ stdout }) => linesWith(stdout, networkName)),
    readFile("/proc/self/mountinfo", "utf8").then((text) => linesWith(text, prefix)),
  ]);
  return [...links, ...rules, ...mounts].join("\n");
}

interface HostParts {
  readonly dir: string;
  readonly host: Host;
  readonly network: Network;
  readonly openNetwork: () => Promise<Network>;
}

function createHost({ dir, host, network, openNetwork }: HostParts): ThrowAwayHost {
  const pins = new Set([join(dir, "netns-host")]);
  const inNamespace: ThrowAwayHost["inNamespace"] = async (netnsPath, program, ...args) => {
    const path = netnsPath === "host" ? join(dir, "netns-host") : netnsPath;
    return (await execute("nsenter", [`--net=${path}`, program, ...args])).stdout;
  };
  const unpin = async (netnsPath: string): Promise<void> => {
    await host.namespaces.unpin(netnsPath);
    pins.delete(netnsPath);
  };
  return {
    dir,
    network,
    openNetwork,
    binDir: join(dir, "bin"),
    inNamespace,
    unpin,
    newTarget: async (overrides = {}) => {
      const target = { ...plainTarget(dir), ...overrides };
      await host.namespaces.pin({ pins: { net: target.netnsPath }, loopbackUp: true });
      pins.add(target.netnsPath);
      return target;
    },
    leases: async () =>
      (await listDirectory(join(dir, "leases", networkName))).filter((name) => name.startsWith("10.")),
    cached: () => listDirectory(join(dir, "cache")),
    leftovers: async () => [
      ...linesWith(await inNamespace("host", "ip", "-o", "link"), "veth"),
      ...linesWith(await inNamespace("host", "iptables-save"), "CNI-").filter((line) => !line.includes("HOSTPORT")),
    ],
    close: async () => {
      for (const { sandboxId } of await network.attachments()) await network.detach(sandboxId);
      await network.close();
      for (const path of pins) await unpin(path);
      await rm(dir, { recursive: true });
    },
  };
}

/** A host whose programs run in another network namespace than ours. */
function pluginsIn(netnsPath: string, host: Host): Pick<Host, "files" | "processes"> {
  const { processes, files } = host;
  const run: Host["processes"]["run"] = (command, options) =>
    processes.run(
      { ...command, program: "/usr/bin/nsenter", args: [`--net=${netnsPath}`, command.program, ...command.args] },
      options,
    );
  return { files, processes: { ...processes, run } };
}

function bridgePlugin(dir: string, subnets: readonly string[]): object {
  const ipam = {
    type: "host-local",
    dataDir: join(dir, "leases"),
    ranges: subnets.map((subnet) => [{ subnet }]),
    routes: subnets.map((subnet) => ({ dst: subnet.includes(":") ? "::/0" : "0.0.0.0/0" })),
  };
  return { type: "bridge", bridge: "crisptest0", isGateway: true, ipMasq: true, hairpinMode: true, ipam };
}

async function writeConfig(dir: string, config: object): Promise<void> {
  await mkdir(join(dir, "net.d"));
  await mkdir(join(dir, "bin"));
  await writeFile(join(dir, "net.d", "10-crisp.conflist"), JSON.stringify(config));
}

function plainTarget(dir: string): AttachTarget {
  const sandboxId = newSandboxId();
  return {
    sandboxId,
    netnsPath: join(dir, `netns-${sandboxId.slice(0, 12)}`),
    podName: "web-0",
    podNamespace: "shop",
    podUid: "4711",
    portMappings: [],
    dns: undefined,
    annotations: {},
    cgroupPath: "",
  };
}

async function listDirectory(path: string): Promise<string[]> {
  return existsSync(path) ? await readdir(path) : [];
}

function linesWith(text: string, part: string): string[] {
  return text.split("\n").filter((line) => line.includes(part));
}
