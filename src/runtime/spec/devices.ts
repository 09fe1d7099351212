import type { ContainerDevice, OciDevice, OciDeviceRule } from "#spec";
import { invalidField } from "../faults.ts";
import type { HostDevice } from "./input.ts";
import { Origins } from "./origins.ts";

export interface DeviceChoice {
  readonly devices: readonly OciDevice[];
  readonly rules: readonly OciDeviceRule[];
}

const denyAll: OciDeviceRule = { allow: false, access: "rwm" };
const allowAll: OciDeviceRule = { allow: true, access: "rwm" };

/**
 * Chooses device nodes and the cgroup's rules for them. The runtime adds /dev/null and its kind by itself.
 *
 * A host path that is a directory stands for every node below it, at the same place below the container path.
 *
 * @param known the machine's nodes at and below the paths that are asked for; all of them for a privileged container
 * @throws Fault `invalid` when a path names no device, or permissions are not of "rwm"
 */
export function chooseDevices(
  asked: readonly ContainerDevice[],
  isPrivileged: boolean,
  known: readonly HostDevice[],
  origins: Origins = new Origins(),
): DeviceChoice {
  const nodes = new Map<string, OciDevice>();
  const rules: OciDeviceRule[] = [isPrivileged ? allowAll : denyAll];
  const privileged = "linux.security_context.privileged";
  if (isPrivileged) origins.note("linux.resources.devices", "request", privileged);
  else origins.note("linux.resources.devices", "crisp", "none but those that are asked for");
  for (const device of isPrivileged ? known : []) {
    nodes.set(device.path, asNode(device, device.path));
    origins.note(`linux.devices[${device.path}]`, "request", privileged);
  }
  for (const device of asked) {
    const access = checkPermissions(device);
    for (const [host, path] of expand(device, known)) {
      nodes.set(path, asNode(host, path));
      origins.note(`linux.devices[${path}]`, "request", `devices: ${device.hostPath}`);
      if (!isPrivileged) rules.push({ allow: true, type: host.type, major: host.major, minor: host.minor, access });
    }
  }
  return { devices: [...nodes.values()], rules };
}

function checkPermissions(device: ContainerDevice): string {
  const access = device.permissions === "" ? "rwm" : device.permissions;
  if (!/^[rwm]+$/.test(access)) {
    throw invalidField(
      "devices.permissions",
      `${JSON.stringify(access)} of ${device.hostPath} is not made of r, w and m`,
    );
  }
  return access;
}

function expand(device: ContainerDevice, known: readonly HostDevice[]): readonly (readonly [HostDevice, string])[] {
  const exact = known.find((host) => host.path === device.hostPath);
  if (exact !== undefined) return [[exact, device.containerPath]];
  const prefix = device.hostPath.endsWith("/") ? device.hostPath : `${device.hostPath}/`;
  const below = known.filter((host) => host.path.startsWith(prefix));
  if (below.length === 0)
    throw invalidField("devices.host_path", `${device.hostPath} is no device, and no directory with devices`);
  const base = device.containerPath.replace(/\/+$/, "");
  return below.map((host) => [host, `${base}/${host.path.slice(prefix.length)}`] as const);
}

function asNode(host: HostDevice, path: string): OciDevice {
  return {
    path,
    type: host.type,
    major: host.major,
    minor: host.minor,
    fileMode: host.mode & 0o777,
    uid: host.uid,
    gid: host.gid,
  };
}

/** The same node for a container's user. */
export function ownedBy({ uid, gid }: { readonly uid: number; readonly gid: number }, node: OciDevice): OciDevice {
  return { ...node, uid, gid };
}
