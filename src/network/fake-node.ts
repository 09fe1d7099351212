import { type Clock, type Logger, newSandboxId, silentLogger } from "#foundation";
import { FakeHost } from "#host";
import { createNetwork } from "./cni-network.ts";
import { FakePlugins } from "./fake-plugins.ts";
import type { NetworkOptions } from "./options.ts";
import type { AttachTarget, Network } from "./types.ts";

export const confDir = "/etc/cni/net.d";
export const binDir = "/opt/cni/bin";
export const cacheDir = "/var/lib/crisp/network";

/** A configuration with an interface plugin and a chained one. */
export const bridgeAndPortmap: { readonly cniVersion: string; readonly name: string; readonly plugins: object[] } = {
  cniVersion: "1.0.0",
  name: "pods",
  plugins: [
    { type: "bridge", bridge: "cni0", ipam: { type: "host-local" } },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

/** A fake machine with plugins `bridge` and `portmap`, and the network on it. */
export interface FakeNode {
  readonly host: FakeHost;
  readonly plugins: FakePlugins;
  readonly network: Network;
  /** Nanoseconds that the clock shows. */
  readonly clock: Clock & { now: bigint };
  newTarget(overrides?: Partial<AttachTarget>): AttachTarget;
  /** Opens the network anew, as a daemon that was started again does. */
  reopen(options?: Partial<NetworkOptions>): Promise<Network>;
}

export interface FakeNodeOptions extends Partial<NetworkOptions> {
  /** Files of the configuration directory; `10-pods.conflist` with {@link bridgeAndPortmap} when absent. */
  readonly configs?: Readonly<Record<string, unknown>>;
  readonly logger?: Logger;
}

/** Builds a fake node. Its timers end with the network: close it. */
export async function openFakeNode({ configs, logger, ...options }: FakeNodeOptions = {}): Promise<FakeNode> {
  const host = new FakeHost();
  const plugins = new FakePlugins(host);
  await plugins.install(binDir, "bridge", "portmap");
  await host.files.makeDirectory(confDir);
  const written = Object.entries(configs ?? { "10-pods.conflist": bridgeAndPortmap });
  for (const [file, config] of written) await writeConfig(host, file, config);
  const clock = createStoppedClock();
  const deps = { host, clock, logger: logger ?? silentLogger };
  const open = (changed: Partial<NetworkOptions> = {}): Promise<Network> =>
    createNetwork({ confDir, binDirs: ["/usr/local/lib/cni", binDir], cacheDir, ...options, ...changed }, deps);
  const newTarget = (overrides: Partial<AttachTarget> = {}): AttachTarget => ({ ...plainTarget(), ...overrides });
  return { host, plugins, clock, newTarget, network: await open(), reopen: open };
}

/** Writes a file of the configuration directory: a text as it is, anything else as JSON. */
export async function writeConfig(host: FakeHost, file: string, config: unknown): Promise<void> {
  await host.files.write(`${confDir}/${file}`, typeof config === "string" ? config : JSON.stringify(config));
}

function plainTarget(): AttachTarget {
  const sandboxId = newSandboxId();
  return {
    sandboxId,
    netnsPath: `/run/crisp/netns/${sandboxId}`,
    podName: "web-0",
    podNamespace: "shop",
    podUid: "4711",
    portMappings: [],
    dns: undefined,
    annotations: {},
    cgroupPath: "",
  };
}

function createStoppedClock(): Clock & { now: bigint } {
  return {
    now: 0n,
    nowNanos() {
      return this.now;
    },
  };
}
