import { posix } from "node:path";
import type { MountEntry } from "#host";
import type { ContainerMount, OciMount } from "#spec";
import { invalidField, noRecursiveReadonly } from "../faults.ts";
import type { ContainerNamespaces, PodFiles } from "./input.ts";
import { Origins } from "./origins.ts";
import { assertPropagates } from "./propagation.ts";

export interface MountsInput {
  readonly requested: readonly ContainerMount[];
  readonly podFiles: PodFiles;
  readonly isPrivileged: boolean;
  readonly hasWritableCgroup: boolean;
  readonly hasReadonlyRootfs: boolean;
  readonly hasRecursiveReadonly: boolean;
  readonly namespaces: Pick<ContainerNamespaces, "user" | "network">;
  readonly hostMounts: readonly MountEntry[] | undefined;
}

/** Options that a bind mount may be given by name. */
const grantableOptions: ReadonlySet<string> = new Set([
  "exec",
  "noexec",
  "suid",
  "nosuid",
  "dev",
  "nodev",
  "atime",
  "noatime",
  "relatime",
  "strictatime",
  "diratime",
  "nodiratime",
]);

/** Kubernetes promises that what comes with an image volume is data; `mount_options` may say "exec". */
const imageOptions = ["nosuid", "nodev", "noexec"];

/**
 * Lists a container's mounts in the order in which they are made: kernel file systems, then the pod's files and the
 * request's mounts, the ones nearer to the root first, so that none is hidden by a later one.
 *
 * A mount of the request takes the place of a kernel file system or pod file at the same path; one at /dev takes the
 * place of everything below it too.
 *
 * @throws Fault `invalid` or `unsupported` naming the field that cannot be granted
 */
export function listMounts(input: MountsInput, origins: Origins = new Origins()): readonly OciMount[] {
  const requested = input.requested.map((mount) => bindRequested(mount, input));
  const taken = new Set(requested.map((mount) => mount.destination));
  const isFree = ({ destination }: OciMount): boolean =>
    !taken.has(destination) && !(taken.has("/dev") && destination.startsWith("/dev/"));

  const files = bindPodFiles(input).filter((mount) => !taken.has(mount.destination));
  const covered = new Set(files.map((mount) => mount.destination));
  const kernel = kernelMounts(input).filter((mount) => isFree(mount) && !covered.has(mount.destination));
  for (const { destination } of kernel) origins.note(partOf(destination), "crisp", "file system of the kernel");
  for (const { destination } of files) origins.note(partOf(destination), "crisp", "file of the pod");
  for (const [index, { destination }] of requested.entries()) {
    origins.note(partOf(destination), "request", reasonOf(input.requested[index], index));
  }
  return [...kernel, ...sortByDepth([...files, ...requested])];
}

function partOf(destination: string): string {
  return `mounts[${destination}]`;
}

function reasonOf(mount: ContainerMount | undefined, index: number): string {
  const isMapped = (mount?.uidMappings.length ?? 0) > 0;
  const image = mount?.image === undefined ? "" : `, image ${mount.image.image}`;
  return `mounts[${index}]${image}${isMapped ? ", shown with the owners of uidMappings" : ""}`;
}

function kernelMounts({ isPrivileged, hasWritableCgroup, namespaces }: MountsInput): readonly OciMount[] {
  const access = isPrivileged ? "rw" : "ro";
  const sysOptions = ["nosuid", "noexec", "nodev", access];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
    // The kernel makes a new one only for those who own the network that it shows.
    namespaces.user !== undefined && namespaces.network === "host"
      ? { destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "rslave", ...sysOptions] }
      : { destination: "/sys", type: "sysfs", source: "sysfs", options: sysOptions },
    {
      destination: "/sys/fs/cgroup",
      type: "cgroup",
      source: "cgroup",
      options: ["nosuid", "noexec", "nodev", "relatime", hasWritableCgroup ? "rw" : access],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
    },
  ];
}

function bindPodFiles({ podFiles, hasReadonlyRootfs }: MountsInput): readonly OciMount[] {
  const access = hasReadonlyRootfs ? "ro" : "rw";
  const files: readonly (readonly [path: string, source: string | undefined, access: string])[] = [
    ["/etc/resolv.conf", podFiles.resolvConf, access],
    ["/etc/hostname", podFiles.hostname, access],
    ["/etc/hosts", podFiles.hosts, access],
    ["/dev/shm", podFiles.shm, "rw"],
  ];
  return files.flatMap(([destination, source, mode]) =>
    source === undefined ? [] : [{ destination, type: "bind", source, options: ["rbind", "rprivate", mode] }],
  );
}

function bindRequested(mount: ContainerMount, input: MountsInput): OciMount {
  assertHostPath(mount);
  return {
    destination: cleanDestination(mount.containerPath),
    type: "bind",
    source: mount.hostPath,
    options: [
      "rbind",
      propagationOption(mount, input),
      ...(mount.image === undefined ? [] : imageOptions),
      ...accessOptions(mount, input),
      ...mount.options.map(checkOption),
    ],
  };
}

function assertHostPath({ containerPath, hostPath }: ContainerMount): void {
  if (hostPath.startsWith("/")) return;
  const problem = `mount of ${containerPath}: ${JSON.stringify(hostPath)} is not an absolute path`;
  throw invalidField("mounts.host_path", problem);
}

function cleanDestination(path: string): string {
  if (!path.startsWith("/"))
    throw invalidField("mounts.container_path", `${JSON.stringify(path)} is not an absolute path`);
  const clean = posix.normalize(path).replace(/\/$/, "");
  if (clean === "") throw invalidField("mounts.container_path", "the root of the container cannot be mounted over");
  return clean;
}

function propagationOption(mount: ContainerMount, { hostMounts, namespaces }: MountsInput): string {
  if (mount.propagation === "private") return "rprivate";
  const isMapped = mount.uidMappings.length > 0 || mount.gidMappings.length > 0;
  if (mount.propagation === "bidirectional" && (isMapped || namespaces.user !== undefined)) {
    throw invalidField(
      "mounts.propagation",
      `mount of ${mount.containerPath}: cannot be bidirectional with mapped ids`,
    );
  }
  assertPropagates(mount, hostMounts ?? []);
  return mount.propagation === "bidirectional" ? "rshared" : "rslave";
}

function accessOptions(mount: ContainerMount, { hasRecursiveReadonly }: MountsInput): readonly string[] {
  const isReadonly = mount.isReadonly || mount.image !== undefined;
  if (!mount.isRecursivelyReadonly) return [isReadonly ? "ro" : "rw"];
  const at = `mount of ${mount.containerPath}`;
  if (!isReadonly) throw invalidField("mounts.recursive_read_only", `${at}: the mount is not read-only`);
  if (mount.propagation !== "private")
    throw invalidField("mounts.recursive_read_only", `${at}: the propagation is not private`);
  if (!hasRecursiveReadonly) throw noRecursiveReadonly(at);
  return ["ro", "rro"];
}

function checkOption(option: string): string {
  if (!grantableOptions.has(option))
    throw invalidField("mounts.mount_options", `${JSON.stringify(option)} cannot be granted`);
  return option;
}

/** Stable, so that of two mounts at one depth the later one of the request stays the later one. */
export function sortByDepth(mounts: readonly OciMount[]): readonly OciMount[] {
  return mounts.toSorted((a, b) => depth(a.destination) - depth(b.destination));
}

function depth(path: string): number {
  return path.split("/").length;
}
