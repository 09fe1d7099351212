import { constants } from "node:os";
import { Fault } from "#foundation";
import { type ContainerConfig as ProtoContainerConfig, Signal } from "#proto/cri/v1/runtime_pb.js";
import type { ContainerConfig } from "#spec";
import { imageSpecFromProto } from "./image-spec.ts";
import { mountFromProto } from "./mount.ts";
import { resourcesFromProto } from "./resources.ts";
import { containerSecurityFromProto } from "./security.ts";

/**
 * The container that a request asks for.
 *
 * @throws Fault `invalid` naming the field that is missing or may not hold its value
 */
export function containerConfigFromProto(config: ProtoContainerConfig | undefined): ContainerConfig {
  if (config === undefined) throw new Fault("invalid", "config: must not be empty");
  if (config.windows !== undefined) throw new Fault("invalid", "config.windows: this is a Linux node");
  const { metadata, linux } = config;
  if (metadata === undefined) throw new Fault("invalid", "config.metadata: must not be empty");
  return {
    metadata: { name: metadata.name, attempt: metadata.attempt },
    image: imageSpecFromProto(config.image),
    command: config.command,
    args: config.args,
    workingDirectory: config.workingDir,
    environment: config.envs.map(({ key, value }) => ({ key, value: textOfVariable(key, value) })),
    mounts: config.mounts.map(mountFromProto),
    devices: config.devices.map(({ containerPath, hostPath, permissions }) => ({
      containerPath,
      hostPath,
      permissions,
    })),
    cdiDevices: config.CDIDevices.map(({ name }) => name),
    labels: config.labels,
    annotations: config.annotations,
    logPath: config.logPath,
    hasStdin: config.stdin,
    isStdinOnce: config.stdinOnce,
    hasTty: config.tty,
    stopSignal: stopSignalFromProto(config.stopSignal),
    resources: resourcesFromProto(linux?.resources),
    security: containerSecurityFromProto(linux?.securityContext),
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The OCI configuration is JSON, so a variable must be text, though CRI sends bytes. */
function textOfVariable(key: string, value: Uint8Array): string {
  try {
    return utf8.decode(value);
  } catch (cause) {
    throw new Fault("invalid", `envs: the value of ${key} is not UTF-8`, { cause });
  }
}

/** "SIGTERM" of SIGNAL_SIGTERM, "SIGRTMIN+3" of SIGNAL_SIGRTMINPLUS3. */
function stopSignalFromProto(signal: Signal): string | undefined {
  if (signal === Signal.RUNTIME_DEFAULT) return undefined;
  const name = Signal[signal];
  if (name === undefined) throw new Fault("invalid", `stop_signal: unknown value ${String(signal)}`);
  return name.replace("PLUS", "+").replace("MINUS", "-");
}

/** The enum value of a signal's number; RUNTIME_DEFAULT for one that CRI has no name for. */
export function stopSignalToProto(number: number): Signal {
  const name = number >= firstRealtimeSignal ? realtimeName(number) : nameOfSignal.get(number);
  const value: unknown = Signal[name as keyof typeof Signal];
  return typeof value === "number" ? value : Signal.RUNTIME_DEFAULT;
}

const firstRealtimeSignal = 34;
const lastRealtimeSignal = 64;

const nameOfSignal: ReadonlyMap<number, string> = new Map(
  // Aliases such as SIGIOT come after the usual name of the same number, and must not win.
  Object.entries(constants.signals)
    .map(([name, number]) => [number, name] as const)
    .toReversed(),
);

/** CRI counts the lower half from SIGRTMIN up and the upper half from SIGRTMAX down. */
function realtimeName(number: number): string {
  const up = number - firstRealtimeSignal;
  const down = lastRealtimeSignal - number;
  if (up <= down) return up === 0 ? "SIGRTMIN" : `SIGRTMINPLUS${up}`;
  return down === 0 ? "SIGRTMAX" : `SIGRTMAXMINUS${down}`;
}
