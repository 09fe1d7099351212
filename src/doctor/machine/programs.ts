import type { Finding, Severity } from "../types.ts";
import type { MachineNeeds } from "./needs.ts";
import type { PodNetwork } from "./pod-network.ts";

/** A program that something on this node starts. */
export interface NeededProgram {
  /** Path, or name. */
  readonly program: string;
  /** Where a name is looked for; none: in PATH. */
  readonly directories: readonly string[];
  readonly severity: Severity;
  /** What does not work without it. */
  readonly why: string;
  readonly advice: string;
}

export interface ConfiguredWants {
  /** By which the node is ready. */
  readonly network: Pick<PodNetwork, "plugins" | "hasPortMappings">;
  /** Those of handlers that have others. */
  readonly handlerNetworks: readonly Pick<PodNetwork, "plugins" | "hasPortMappings">[];
  /** Text of the signature policy; empty: there is none. */
  readonly policy: string;
  /** Whether the kernel has AppArmor. */
  readonly hasApparmor: boolean;
}

/** The programs that this configuration makes crisp start. */
export function listNeededPrograms(needs: MachineNeeds, wants: ConfiguredWants): readonly NeededProgram[] {
  const { network, handlerNetworks } = wants;
  const further = new Set(
    handlerNetworks.flatMap(({ plugins }) => plugins).filter((plugin) => !network.plugins.includes(plugin)),
  );
  const hasPortMappings = [network, ...handlerNetworks].every((each) => each.hasPortMappings);
  return [
    ...runtimePrograms(needs),
    inPath(needs.monitor.path, "problem", "no container can be started", "install conmon, or set monitor.path"),
    ...network.plugins.map((plugin) => pluginProgram(plugin, needs)),
    ...[...further].map((plugin) => handlerPluginProgram(plugin, needs)),
    ...(hasPortMappings ? [] : hostPortPrograms),
    ...(wants.policy.includes('"signedBy"') ? [verifier] : []),
    ...(wants.hasApparmor ? [profileLoader] : []),
  ];
}

function runtimePrograms({ runtimes, defaultRuntime }: MachineNeeds): readonly NeededProgram[] {
  return Object.entries(runtimes).map(([handler, { path }]) => {
    const isDefault = handler === defaultRuntime;
    const why = isDefault
      ? "no container can be started, and the node is not ready"
      : `pods of the RuntimeClass handler ${handler} do not run`;
    return inPath(path, isDefault ? "problem" : "warning", why, `install it, or set runtimes.${handler}.path`);
  });
}

function pluginProgram(plugin: string, { cni }: MachineNeeds): NeededProgram {
  return {
    program: plugin,
    directories: cni.binDirs,
    severity: "problem",
    why: "pods cannot be attached to their network, and the node is not ready",
    advice: `install the CNI plugin ${plugin} in one of ${cni.binDirs.join(", ")}, or set cni.bin_dirs`,
  };
}

function handlerPluginProgram(plugin: string, needs: MachineNeeds): NeededProgram {
  const why = "pods of handlers with a network of their own cannot be attached to it";
  return { ...pluginProgram(plugin, needs), severity: "warning", why };
}

/** What crisp makes host ports with, where no plugin does. */
const hostPortPrograms: readonly NeededProgram[] = [
  inPath("nft", "warning", "pods with a hostPort do not run", "install nftables, or add the plugin portmap"),
  inPath("ip", "warning", "hostPorts cannot be reached at 127.0.0.1", "install iproute2, or add the plugin portmap"),
  inPath("sysctl", "warning", "hostPorts cannot be reached at 127.0.0.1", "install procps, or add the plugin portmap"),
];

const verifier = inPath(
  "gpgv",
  "problem",
  "images that the signature policy wants signed by GPG are refused",
  "install gpgv",
);

const profileLoader = inPath(
  "apparmor_parser",
  "warning",
  "containers are not confined by AppArmor, and those that ask for the default profile do not run",
  "install apparmor, and restart crispd",
);

function inPath(program: string, severity: Severity, why: string, advice: string): NeededProgram {
  return { program, directories: [], severity, why, advice };
}

/** What is missing of them. Pure. */
export function planPrograms(wanted: readonly NeededProgram[], found: ReadonlySet<string>): readonly Finding[] {
  return wanted
    .filter(({ program }) => !found.has(program))
    .map(({ program, severity, why, advice }) => ({
      severity,
      where: program,
      what: "the program is not there",
      why,
      advice,
    }));
}
