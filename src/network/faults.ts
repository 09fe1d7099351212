import { Fault, type FaultKind, type SandboxId } from "#foundation";
import type { RunResult } from "#host";
import { type CniError, cniErrorCodes } from "#spec";

/** Commands of the CNI protocol that crisp gives. */
export type CniCommand = "ADD" | "DEL" | "CHECK" | "STATUS" | "GC";

/** How a plugin's run ended badly. */
export interface PluginFailure {
  readonly plugin: string;
  readonly command: CniCommand;
  readonly exitCode: number;
  readonly signal?: number;
  /** What the plugin said, when it kept to the protocol. */
  readonly error?: CniError;
  /** The last of what it wrote to stderr. */
  readonly stderr: string;
}

/** Plugins print stack traces and rule dumps: an error text that goes into a pod's event stays short. */
const maxMessageChars = 1024;

/** When: a plugin ran and failed. `unavailable` when it says that a later try may succeed. */
export function pluginFailed(failure: PluginFailure): Fault {
  const { plugin, command, exitCode, error, stderr } = failure;
  return new Fault(kindOfPluginError(error), `plugin ${plugin}: ${command}: ${textOf(failure)}`, {
    reason: {
      code: "network.plugin-failed",
      plugin,
      command,
      exitCode,
      ...(failure.signal === undefined ? {} : { signal: failure.signal }),
      ...(error === undefined ? {} : { cniCode: error.code, cniMessage: error.message, cniDetails: error.details }),
      stderr,
    },
  });
}

/** When: a plugin did not end within its deadline. */
export function pluginTimedOut(plugin: string, command: CniCommand, timeoutMs: number): Fault {
  return new Fault("timed-out", `plugin ${plugin}: ${command}: no answer within ${timeoutMs / 1000} s`, {
    reason: { code: "network.plugin-timed-out", plugin, command, timeoutMs },
  });
}

/** When: a configuration names a plugin whose program is in none of the directories. */
export function pluginMissing(plugin: string, binDirs: readonly string[]): Fault {
  return new Fault("unavailable", `plugin ${plugin}: not found in ${binDirs.join(", ")}`, {
    reason: { code: "network.plugin-missing", plugin, binDirs },
  });
}

/** When: a plugin's program is there but cannot be started. */
export function pluginNotRunnable(plugin: string, path: string, cause: unknown): Fault {
  return new Fault("unavailable", `plugin ${plugin}: start ${path}: ${Fault.from(cause).message}`, {
    reason: { code: "network.plugin-not-runnable", plugin, path },
    cause,
  });
}

/** When: a plugin succeeded but what it printed is no result. */
export function badPluginResult(plugin: string, cause: unknown): Fault {
  return new Fault("broken", `plugin ${plugin}: ADD: ${Fault.from(cause).message}`, {
    reason: { code: "network.bad-result", plugin },
    cause,
  });
}

/** When: all plugins succeeded and the pod has no address. */
export function noAddress(interfaceName: string): Fault {
  return new Fault("broken", `result has no address for ${interfaceName}`, {
    reason: { code: "network.no-address", interfaceName },
  });
}

/** When: a configuration lists no plugin, and the directory named after the network has none either. */
export function emptyConfiguration(file: string): Fault {
  return new Fault("invalid", `${file}: no plugins`, { reason: { code: "network.empty-configuration", file } });
}

/** When: no configuration can be used. */
export function networkNotReady(message: string): Fault {
  return new Fault("unavailable", message, { reason: { code: "network.not-ready" } });
}

/** When: a sandbox is attached, or an earlier attach of it has not been taken back. */
export function alreadyAttached(sandboxId: SandboxId): Fault {
  return new Fault("exists", "already attached, or half attached and not detached since", {
    reason: { code: "network.already-attached", sandboxId },
  });
}

/** When: an attachment is asked about that does not exist. */
export function notAttached(sandboxId: SandboxId): Fault {
  return new Fault("not-found", "not attached", { reason: { code: "network.not-attached", sandboxId } });
}

/** When: what the cache remembers of a sandbox cannot be read, as after a loss of power. */
export function badCachedAttachment(sandboxId: SandboxId, cause: unknown): Fault {
  return new Fault("broken", `recorded attachment: ${Fault.from(cause).message}`, {
    reason: { code: "network.bad-record", sandboxId },
    cause,
  });
}

/** Whether a fault is {@link badCachedAttachment}. */
export function isBadCachedAttachment(thrown: unknown): boolean {
  return thrown instanceof Fault && thrown.reason?.code === "network.bad-record";
}

/** Whether a fault says that a plugin's program is not where it was. */
export function isPluginGone(thrown: unknown): boolean {
  const code = thrown instanceof Fault ? thrown.reason?.code : undefined;
  return code === "network.plugin-missing" || code === "network.plugin-not-runnable";
}

/** When: a bandwidth annotation is no quantity between 1k and 1P. */
export function badBandwidth(annotation: string, value: string): Fault {
  return new Fault("invalid", `annotation ${annotation}: ${JSON.stringify(value)} is no bandwidth from 1k to 1P`, {
    reason: { code: "network.bad-bandwidth", annotation, value },
  });
}

/** When: a pod's name cannot be passed on, because it would break out of its field in CNI_ARGS. */
export function badArgument(key: string, value: string): Fault {
  return new Fault("invalid", `${key} ${JSON.stringify(value)} cannot be passed to plugins`, {
    reason: { code: "network.bad-argument", key, value },
  });
}

/** When: a template of a network configuration says what cannot be filled in. */
export function badTemplate(what: string, line: number, problem: string): Fault {
  return new Fault("invalid", `${what}: line ${line}: ${problem}`, {
    reason: { code: "network.bad-template", what, line },
  });
}

/** When: the node's range of pod addresses is none. */
export function badPodCidr(cidr: string): Fault {
  return new Fault("invalid", `pod_cidr: ${JSON.stringify(cidr)} is no range of addresses`, {
    reason: { code: "network.bad-pod-cidr", cidr },
  });
}

/** When: a port of the node is asked for in a family that the pod has no address of. */
export function noFamilyForHostPort(hostPort: number, hostIp: string): Fault {
  return new Fault("invalid", `host port ${hostPort} on ${hostIp}: the pod has no address of that family`, {
    reason: { code: "network.no-family-for-host-port", hostPort, hostIp },
  });
}

/** When: a port of ::1 is asked for, from where the kernel leads to no other machine. */
export function hostPortOnIpv6Loopback(hostPort: number): Fault {
  return new Fault("unsupported", `host port ${hostPort} on ::1: the kernel forwards nothing from there`, {
    reason: { code: "network.host-port-on-ipv6-loopback", hostPort },
  });
}

/** When: a program that host ports are made with is not on the node. */
export function hostPortsProgramMissing(program: string, cause: unknown): Fault {
  return new Fault("unavailable", `host ports: ${program} is not on this node, and no network plugin does them`, {
    reason: { code: "network.host-ports-program-missing", program },
    cause,
  });
}

/** When: a program that host ports are made with fails or hangs. */
export function hostPortsFailed(program: string, result: RunResult): Fault {
  return programFailed("host ports", "network.host-ports-failed", program, result);
}

/** When: a program of iptables fails or hangs. */
export function firewallFailed(program: string, result: RunResult): Fault {
  return programFailed("firewall rules", "network.firewall-failed", program, result);
}

function programFailed(purpose: string, code: string, program: string, result: RunResult): Fault {
  const { exitCode, timedOut } = result;
  const said = result.stderr.toString("utf8").trim().slice(0, maxMessageChars);
  const text = timedOut ? "no answer in time" : `exit code ${exitCode}: ${said}`;
  return new Fault(timedOut ? "timed-out" : "broken", `${purpose}: ${program}: ${text}`, {
    reason: { code, program, exitCode, stderr: said },
  });
}

/** When: garbage collection does not get the network for itself. */
export function networkBusy(waitMs: number): Fault {
  return new Fault("busy", `attaches or detaches still ran after ${waitMs / 1000} s`, {
    reason: { code: "network.busy", waitMs },
  });
}

/** A sandbox's id as messages show it. */
export function shortId(sandboxId: SandboxId): string {
  return sandboxId.slice(0, 12);
}

/** Runs one act and names it in front of whatever it throws. */
export async function during<T>(act: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw Fault.within(act, error);
  }
}

function kindOfPluginError(error: CniError | undefined): FaultKind {
  switch (error?.code) {
    case cniErrorCodes.tryAgainLater:
    case cniErrorCodes.notAvailable:
    case cniErrorCodes.notAvailableAndLimited:
      return "unavailable";
    default:
      return "broken";
  }
}

function textOf({ error, exitCode, signal, stderr }: PluginFailure): string {
  const said = error === undefined ? stderr : [error.message, error.details].filter(Boolean).join(": ");
  const ended = signal === undefined ? `exit code ${exitCode}` : `killed by signal ${signal}`;
  if (said === "") return error === undefined ? ended : `error code ${error.code}`;
  const text = error === undefined ? `${ended}: ${said}` : said;
  return text.length <= maxMessageChars ? text : `${text.slice(0, maxMessageChars)}…`;
}
