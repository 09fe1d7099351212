import { allOrNothing, isFault } from "#foundation";
import { Sandbox } from "#proto/containerd/sandbox/v1/sandbox_pb.js";
import { PodSandboxConfigSchema } from "#proto/cri/v1/runtime_pb.js";
import type { LinuxResources, ShimState } from "#spec";
import { invalidField } from "../faults.ts";
import type { CallOptions, ContainerHandle, CreateRequest, PodMembership } from "../types.ts";
import { anyOf } from "./any.ts";
import { assertBundle, describeTask, writeBundle } from "./bundle.ts";
import { type CreateClock, startCreateClock } from "./create-clock.ts";
import { deleteContainer } from "./delete-container.ts";
import { faultOfShim, shimFailed } from "./faults.ts";
import { joinShim } from "./join-shim.ts";
import type { ShimContext } from "./options.ts";
import type { ShimClient } from "./shim-client.ts";
import { shimFiles, writeState } from "./shim-files.ts";

/** OCI's names of the architectures for the machine's. */
const architectures = { amd64: "amd64", arm64: "arm64" } as const;

/**
 * Makes and starts a sandbox that its shim controls, such as a virtual machine, or takes everything back.
 *
 * It runs when this returns: its process is not known before.
 */
export async function createSandbox(
  context: ShimContext,
  request: CreateRequest,
  options: CallOptions,
): Promise<ContainerHandle> {
  assertBundle(request);
  const act = `create sandbox ${request.id}`;
  const { pod } = request;
  if (pod === undefined) throw invalidField("pod", "a sandbox of a shim's own is part of a pod");
  const clock = startCreateClock(context, options.signal);
  return await allOrNothing(
    async (undo) => {
      try {
        await writeBundle(context.host, request);
        undo.push({ name: "end sandbox", run: () => deleteContainer(context, request, { isForced: true }) });
        const state = await joinSandboxShim(context, request);
        return await start(context, { request, pod, state, clock });
      } catch (error) {
        throw faultOfShim(context, act, error);
      }
    },
    (leftovers) => context.logger.warn("half-made sandbox was not taken back", { id: request.id, leftovers }),
  );
}

interface Start {
  readonly request: CreateRequest;
  readonly pod: PodMembership;
  readonly state: ShimState;
  readonly clock: CreateClock;
}

async function joinSandboxShim(context: ShimContext, request: CreateRequest): Promise<ShimState> {
  const state: ShimState = { ...(await joinShim(context, request)), kind: "sandbox" };
  await writeState(context.host, shimFiles(request.bundleDirectory).shim, state);
  return state;
}

async function start(context: ShimContext, { request, pod, state, clock }: Start): Promise<ContainerHandle> {
  const client = await context.shims.get(state);
  const sandboxId = request.id;
  await client.call(
    Sandbox.method.createSandbox,
    {
      sandboxId,
      bundlePath: request.bundleDirectory,
      netnsPath: pod.netnsPath ?? "",
      annotations: { ...pod.annotations },
      options: anyOf(PodSandboxConfigSchema, podConfigOf(pod)),
    },
    clock.left(),
  );
  const { pid } = await client.call(Sandbox.method.startSandbox, { sandboxId }, clock.left());
  assertPlatform(context, await platformOf(client, sandboxId, clock));
  // Some have no process that would stand for the whole: the shim does then.
  return await describeTask(context.host, request, { pid: pid === 0 ? state.process.pid : pid, state });
}

interface Platform {
  readonly os: string;
  readonly architecture: string;
}

/** Undefined of a shim that does not tell: its pods are like this machine then. */
async function platformOf(client: ShimClient, sandboxId: string, clock: CreateClock): Promise<Platform | undefined> {
  try {
    return (await client.call(Sandbox.method.platform, { sandboxId }, clock.left())).platform;
  } catch (error) {
    if (isFault(error, "unsupported")) return undefined;
    throw error;
  }
}

/** An image for this machine must run in there. */
function assertPlatform({ host }: ShimContext, platform: Platform | undefined): void {
  const wanted = architectures[host.machine.architecture];
  if (platform === undefined || (platform.os === "linux" && platform.architecture === wanted)) return;
  throw shimFailed(
    "the shim's Platform",
    `it is for ${platform.os}/${platform.architecture}, and images are for linux/${wanted}`,
  );
}

/** What shims read of a pod, in the form that they are given it in elsewhere. */
function podConfigOf({ config, annotations }: PodMembership) {
  const { metadata, hostname, logDirectory, dns, labels, cgroupParent, sysctls, overhead, resources } = config;
  return {
    metadata,
    hostname,
    logDirectory,
    ...(dns === undefined
      ? {}
      : { dnsConfig: { servers: [...dns.servers], searches: [...dns.searches], options: [...dns.options] } }),
    labels: { ...labels },
    annotations: { ...annotations },
    linux: {
      cgroupParent,
      sysctls: { ...sysctls },
      securityContext: { privileged: config.security.isPrivileged },
      ...(overhead === undefined ? {} : { overhead: sizeOf(overhead) }),
      ...(resources === undefined ? {} : { resources: sizeOf(resources) }),
    },
  };
}

/** What a machine is made to the measure of. */
function sizeOf({ cpuPeriod, cpuQuota, cpuShares, memoryLimitBytes }: LinuxResources) {
  return {
    cpuPeriod: BigInt(cpuPeriod),
    cpuQuota: BigInt(cpuQuota),
    cpuShares: BigInt(cpuShares),
    memoryLimitInBytes: BigInt(memoryLimitBytes),
  };
}
