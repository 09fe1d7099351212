import type { OwnLimits } from "#host";
import { capabilityNames, type OciDevice, type OciLinux, type OciProcess, type OciSpec } from "#spec";
import { chooseAnnotations } from "./annotations.ts";
import { chooseCapabilities } from "./capabilities.ts";
import { formatCgroupsPath } from "./cgroup-path.ts";
import { chooseDevices, ownedBy } from "./devices.ts";
import { mergeEnvironment } from "./environment.ts";
import { injectCdi } from "./inject-cdi.ts";
import type { Clamp, ContainerSpec, ContainerSpecInput } from "./input.ts";
import { chooseLabels } from "./labels.ts";
import { chooseMasks } from "./masks.ts";
import { listMounts } from "./mounts.ts";
import { listMappings, listNamespaces } from "./namespaces.ts";
import { clampOomScore } from "./oom-score.ts";
import { Origins } from "./origins.ts";
import { chooseArguments, chooseWorkingDirectory } from "./process.ts";
import { rootPropagation } from "./propagation.ts";
import { blockioClassOf, chooseBlockio, chooseRdtClass } from "./resource-classes.ts";
import { translateResources } from "./resources.ts";
import { clampRlimits } from "./rlimits.ts";
import { chooseSeccomp } from "./seccomp.ts";

/** The version of the document that is written: what runc 1.1 and crun 1.8 accept. */
const ociVersion = "1.0.2";

/**
 * Builds a container's config.json from what was asked for.
 *
 * Pure: the same input gives the same document. What can be granted only in part is granted in part and listed under
 * `clamped`; what cannot be granted at all is refused. Nothing is dropped in silence.
 *
 * @throws Fault `invalid` or `unsupported`; its reason holds the `field`
 */
export function buildContainerSpec(input: ContainerSpecInput, origins: Origins = new Origins()): ContainerSpec {
  noteFrame(origins, input);
  const { process, clamped } = buildProcess(input, origins);
  const spec: OciSpec = {
    ociVersion,
    process,
    root: { path: input.rootfsPath, readonly: input.container.security.hasReadonlyRootfs },
    // Also of a namespace that has the name: a runtime with a kernel of its own joins none, and takes it from here.
    ...(input.namespaces.uts === "host" ? {} : { hostname: input.hostname }),
    mounts: listMounts(
      {
        requested: input.container.mounts,
        podFiles: input.podFiles,
        isPrivileged: input.container.security.isPrivileged,
        hasWritableCgroup: input.policy.hasWritableCgroup,
        hasReadonlyRootfs: input.container.security.hasReadonlyRootfs,
        hasRecursiveReadonly: input.machine.hasRecursiveReadonly,
        namespaces: input.namespaces,
        hostMounts: input.hostMounts,
      },
      origins,
    ),
    annotations: {
      ...chooseAnnotations(input.policy, input.sandbox, input.container, origins),
      ...describe(input, origins),
    },
    linux: buildLinux(input, process, origins),
  };
  return { spec: input.cdi === undefined ? spec : injectCdi(spec, input.cdi, origins), clamped };
}

/** The parts that are written here and nowhere else. */
function noteFrame(origins: Origins, { namespaces }: ContainerSpecInput): void {
  const context = "linux.security_context";
  origins.note("ociVersion", "crisp", "what the oldest runtimes in use accept");
  origins.note("root.path", "crisp", "the image's layers, mounted for the container");
  origins.note("root.readonly", "request", `${context}.readonly_rootfs`);
  if (namespaces.uts !== "host") origins.note("hostname", "request", "the sandbox's hostname");
  origins.note("process.terminal", "request", "tty");
  origins.note("process.noNewPrivileges", "request", `${context}.no_new_privs`);
}

function buildProcess(
  input: ContainerSpecInput,
  origins: Origins,
): { readonly process: OciProcess; readonly clamped: readonly Clamp[] } {
  const { container, image, user, machine } = input;
  const { security } = container;
  const caps = chooseCapabilities(security.capabilities, security.isPrivileged, grantable(input), origins);
  const rlimits = clampRlimits(input.policy.rlimits, machine.own, origins);
  const oom = clampOomScore(container.resources?.oomScoreAdj ?? 0, machine.own, origins);
  const { apparmorProfile, selinuxLabel } = chooseLabels(security, machine, origins);
  const process: OciProcess = {
    terminal: container.hasTty,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: chooseArguments(container, image, origins),
    env: mergeEnvironment(
      {
        image: image.env,
        request: container.environment,
        hostname: input.hostname,
        hasTty: container.hasTty,
      },
      origins,
    ),
    cwd: chooseWorkingDirectory(container, image, origins),
    capabilities: caps.capabilities,
    ...(rlimits.rlimits.length === 0 ? {} : { rlimits: rlimits.rlimits }),
    noNewPrivileges: security.hasNoNewPrivileges,
    oomScoreAdj: oom.oomScoreAdj,
    ...(apparmorProfile === undefined ? {} : { apparmorProfile }),
    ...(selinuxLabel === undefined ? {} : { selinuxLabel }),
  };
  return { process, clamped: [...caps.clamped, ...rlimits.clamped, ...oom.clamped] };
}

/**
 * In a user namespace of its own a process may have every capability, whoever started it: they count only there. What the
 * runtime does not know it would refuse, and the container with it.
 */
function grantable({ machine, namespaces }: ContainerSpecInput): OwnLimits {
  const { own, knownCapabilities: known } = machine;
  const ours = namespaces.user === undefined ? own.capabilities : new Set(capabilityNames);
  return { ...own, capabilities: new Set([...ours].filter((name) => known?.has(name) ?? true)) };
}

function buildLinux(input: ContainerSpecInput, process: OciProcess, origins: Origins): OciLinux {
  const { container, cgroup, machine } = input;
  const { security } = container;
  const seesAllDevices = security.isPrivileged && !input.policy.hidesHostDevices;
  const { devices, rules } = chooseDevices(container.devices, seesAllDevices, input.devices, origins);
  const isUsers = givesDevicesToUser(input);
  const nodes = isUsers ? devices.map((node) => ownedBy(input.user, node)) : devices;
  if (isUsers) noteOwners(origins, nodes);
  const resources = container.resources === undefined ? {} : translateResources(container.resources, cgroup, origins);
  const rootfsPropagation = rootPropagation(container.mounts);
  if (rootfsPropagation !== undefined) origins.note("linux.rootfsPropagation", "request", "mounts[].propagation");
  origins.note("linux.cgroupsPath", "request", "the sandbox's linux.cgroup_parent, and the container's id");
  const { mountLabel } = chooseLabels(security, machine);
  const intelRdt = chooseRdtClass(input.sandbox, container, machine, origins);
  const blockIO = chooseBlockio(blockioClassOf(input.sandbox, container), input.blockio, origins);
  const seccomp = chooseSeccomp(
    {
      security,
      hasSeccomp: machine.hasSeccomp,
      localhost: input.localhostSeccomp,
      target: { ...machine, capabilities: process.capabilities?.bounding ?? [] },
    },
    origins,
  );
  return {
    namespaces: listNamespaces(input.namespaces, cgroup.version, security.isPrivileged, origins),
    ...(nodes.length === 0 ? {} : { devices: nodes }),
    ...listMappings(input.namespaces, origins),
    cgroupsPath: formatCgroupsPath(cgroup),
    resources: { ...resources, devices: rules, ...(blockIO === undefined ? {} : { blockIO }) },
    ...(rootfsPropagation === undefined ? {} : { rootfsPropagation }),
    ...(seccomp === undefined ? {} : { seccomp }),
    ...chooseMasks(security, origins),
    ...(mountLabel === undefined ? {} : { mountLabel }),
    ...(intelRdt === undefined ? {} : { intelRdt }),
  };
}

/** Annotations under the names that tools which look into bundles know from containerd. */
function describe({ sandbox, container }: ContainerSpecInput, origins: Origins): Readonly<Record<string, string>> {
  const annotations = {
    "io.kubernetes.cri.container-name": container.metadata.name,
    "io.kubernetes.cri.image-name": container.image.userSpecifiedImage,
    "io.kubernetes.cri.sandbox-name": sandbox.metadata.name,
    "io.kubernetes.cri.sandbox-namespace": sandbox.metadata.namespace,
    "io.kubernetes.cri.sandbox-uid": sandbox.metadata.uid,
  };
  for (const key of Object.keys(annotations)) origins.note(`annotations[${key}]`, "crisp", "tools that read bundles");
  return annotations;
}

function noteOwners(origins: Origins, nodes: readonly OciDevice[]): void {
  for (const { path } of nodes) {
    origins.note(`linux.devices[${path}]`, "policy", "devices, owned as device_ownership_from_security_context says");
  }
}

/** A privileged container sees the machine's devices as they are. */
function givesDevicesToUser({ policy, container }: ContainerSpecInput): boolean {
  return policy.givesDevicesToUser && !container.security.isPrivileged;
}
