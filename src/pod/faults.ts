import { Fault } from "#foundation";
import type { PortMapping } from "#spec";
import type { ContainerRecord, ExitedStatus, SandboxRecord } from "./records.ts";

/** When a sandbox id names nothing. */
export function sandboxUnknown(id: string): Fault {
  return new Fault("not-found", `sandbox ${id}: no such sandbox`, { reason: { code: "pod.sandbox-unknown", id } });
}

/** When a container id names nothing. */
export function containerUnknown(id: string): Fault {
  return new Fault("not-found", `container ${id}: no such container`, {
    reason: { code: "pod.container-unknown", id },
  });
}

/** When a sandbox of the same pod and attempt was stopped and not yet removed. */
export function sandboxExists({ id, config, status }: SandboxRecord): Fault {
  const { namespace, name, attempt } = config.metadata;
  return new Fault(
    "exists",
    `sandbox ${namespace}/${name} attempt ${attempt}: exists as ${id} and is ${status.phase}; remove it first`,
    { reason: { code: "pod.sandbox-exists", id } },
  );
}

/** When a container of the same name and attempt has ended and was not yet removed. */
export function containerExists({ id, config, status }: ContainerRecord): Fault {
  const { name, attempt } = config.metadata;
  return new Fault(
    "exists",
    `container ${name} attempt ${attempt}: exists as ${id} and is ${status.phase}; remove it first`,
    { reason: { code: "pod.container-exists", id } },
  );
}

/** When an act needs a sandbox that is ready. */
export function sandboxNotReady({ id, status }: SandboxRecord): Fault {
  return new Fault("wrong-state", `sandbox ${id}: is ${status.phase}, not ready`, {
    reason: { code: "pod.sandbox-not-ready", id, phase: status.phase },
  });
}

/** When an act needs a container in another phase. */
export function containerWrongPhase({ id, status }: ContainerRecord, wanted: string): Fault {
  return new Fault("wrong-state", `container ${id}: is ${status.phase}, not ${wanted}`, {
    reason: { code: "pod.container-wrong-phase", id, phase: status.phase },
  });
}

/** When a container that has ended is to be started: each is started once. */
export function containerEnded({ id }: ContainerRecord, { exitCode, reason, message }: ExitedStatus): Fault {
  const why = message === "" ? "" : `: ${message}`;
  return new Fault(
    "wrong-state",
    `container ${id}: is exited and is started once only; it ended with code ${exitCode}, ${reason}${why}`,
    { reason: { code: "pod.container-ended", id, exitCode, reason } },
  );
}

/** When a request's field may not hold its value. */
export function fieldInvalid(field: string, problem: string): Fault {
  return new Fault("invalid", `${field}: ${problem}`, { reason: { code: "pod.field-invalid", field } });
}

/** When a port of the node leads to another pod already. */
export function hostPortTaken(field: string, { protocol, hostPort, hostIp }: PortMapping, owner: SandboxRecord): Fault {
  const { namespace, name } = owner.config.metadata;
  const place = `${protocol} ${hostPort} of ${hostIp === "" ? "the node" : hostIp}`;
  return new Fault("busy", `${field}: ${place} leads to pod ${namespace}/${name} (sandbox ${owner.id})`, {
    reason: { code: "pod.host-port-taken", protocol, hostPort, hostIp, owner: owner.id },
  });
}

/** When a pod cannot have a user namespace on this node. */
export function userNamespaceUnsupported(field: string, why: string): Fault {
  return new Fault("unsupported", `${field}: ${why}`, { reason: { code: "pod.user-namespace-unsupported", field } });
}

/** When the kernel does not have the AppArmor profile that a container is to run under. */
export function apparmorUnloaded(profile: string): Fault {
  return fieldInvalid("linux.security_context.apparmor", `the profile ${profile} is not loaded on this node`);
}

/** When a container uses more memory than it shall have. */
export function limitBelowUse(id: string, limitBytes: number, usedBytes: bigint): Fault {
  return new Fault(
    "wrong-state",
    `linux.memory_limit_in_bytes: ${limitBytes} is below the ${usedBytes} bytes that container ${id} uses`,
    { reason: { code: "pod.limit-below-use", id, limitBytes, usedBytes } },
  );
}

/** When a limit cannot change while the container runs. */
export function updateUnsupported(field: string): Fault {
  return new Fault("unsupported", `${field}: cannot change while the container runs`, {
    reason: { code: "pod.update-unsupported", field },
  });
}

/** When an image cannot be mounted as a volume. */
export function imageVolumeFailed(containerPath: string, cause: unknown): Fault {
  const { kind, message } = Fault.from(cause);
  return new Fault(kind, `image volume at ${containerPath}: ${message}`, {
    reason: { code: "pod.image-volume-failed", containerPath },
    cause,
  });
}

/** When the file of classes of block I/O does not have the one that an annotation names. */
export function blockioClassUnknown(key: string, name: string, known: readonly string[]): Fault {
  return new Fault("invalid", `${key}: no class of block I/O is called ${name}; known are ${known.join(", ")}`, {
    reason: { code: "pod.blockio-class-unknown", name },
  });
}

/** When no CDI file has a device. */
export function cdiDeviceUnknown(name: string, problems: readonly string[]): Fault {
  const unread = problems.length === 0 ? "" : `; not read: ${problems.join("; ")}`;
  return new Fault("invalid", `CDI device ${name}: no such device${unread}`, {
    reason: { code: "pod.cdi-device-unknown", name },
  });
}

/** When several CDI files of one directory have the same device. */
export function cdiDeviceAmbiguous(name: string, paths: readonly string[]): Fault {
  return new Fault("invalid", `CDI device ${name}: is in ${paths.join(" and ")}`, {
    reason: { code: "pod.cdi-device-ambiguous", name, paths },
  });
}
