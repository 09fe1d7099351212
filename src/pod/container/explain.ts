import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { ContainerId, SandboxId } from "#foundation";
import {
  buildContainerSpec,
  type Clamp,
  type ContainerNamespaces,
  type Origin,
  Origins,
  serializeSpec,
  withPod,
} from "#runtime";
import type { ContainerConfig, SandboxConfig } from "#spec";
import type { PodContext } from "../context.ts";
import type { ContainerRecord } from "../records.ts";
import { assertGrantable } from "../sandbox/grantable.ts";
import { newSandboxRecord } from "../sandbox/run.ts";
import { assertSandboxConfig } from "../sandbox/validate.ts";
import { assertImageAllowed, getImage, newRecord } from "./create.ts";
import { plannedSources } from "./image-volumes.ts";
import { resolveContainerUser, specInput } from "./spec.ts";
import { assertContainerConfig } from "./validate.ts";

export interface ExplainRequest {
  readonly sandbox: SandboxConfig;
  readonly container: ContainerConfig;
  /** Empty: the default one. */
  readonly handler: string;
}

/** What a container would be given, and why. */
export interface ContainerExplanation {
  /** The text of config.json. */
  readonly configJson: string;
  readonly origins: readonly Origin[];
  readonly clamped: readonly Clamp[];
}

type Views = Pick<PodContext, "host" | "snapshots" | "options">;

/** Ids that nobody has, so that the same question has the same answer. */
const noId = "0".repeat(64);

/**
 * Builds a container's config.json as its making would, and makes nothing of
 * it. For a moment the image is mounted, to look up its accounts.
 *
 * @throws Fault whatever running the sandbox or making the container would refuse
 */
export async function explainContainer(context: PodContext, request: ExplainRequest): Promise<ContainerExplanation> {
  const { sandbox: config, container, handler } = request;
  assertSandboxConfig(config);
  assertGrantable(context, config, handler);
  assertContainerConfig(container, config);
  const sandbox = { ...newSandboxRecord(context, config, handler), id: noId as SandboxId };
  const image = getImage(context, container.image.image);
  const record = { ...newRecord(context, { sandbox, config: container, image }), id: noId as ContainerId };
  await assertImageAllowed(context, sandbox, record);
  const origins = new Origins();
  const user = await withView(context, image.layers, (root) =>
    resolveContainerUser(context, record, { root, origins }),
  );
  const places = { mounts: plannedSources(context, record), pid: plannedPid(record) };
  const input = await specInput(context, { sandbox, record: { ...record, user } }, places);
  const { spec, clamped } = buildContainerSpec(input, origins);
  const isOfShim = context.handlers.of(sandbox).runtime.sandboxKind !== "namespaces";
  const membership = { sandboxId: noId, role: "container", sandboxBundle: "", config, annotations: {} } as const;
  const whole = isOfShim ? withPod(spec, membership, noId) : spec;
  return { configJson: serializeSpec(whole), origins: origins.list(), clamped };
}

/** Makes the place for explanations, and takes away what they left mounted there when the daemon died. */
export async function prepareExplaining(context: Views): Promise<void> {
  const directory = explainedDirectory(context);
  await context.host.files.makeDirectory(directory, { mode: 0o700 });
  for (const name of await context.host.files.list(directory)) await removeView(context, join(directory, name));
}

async function withView<T>(
  context: Views,
  layers: Parameters<PodContext["snapshots"]["mountView"]>[0],
  use: (root: string) => Promise<T>,
): Promise<T> {
  const target = join(explainedDirectory(context), randomUUID());
  try {
    await context.snapshots.mountView(layers, target);
    return await use(target);
  } finally {
    await removeView(context, target);
  }
}

async function removeView({ host, snapshots }: Views, target: string): Promise<void> {
  await snapshots.unmount(target);
  await host.files.remove(target);
}

function explainedDirectory({ options }: Pick<PodContext, "options">): string {
  return join(options.stateDirectory, "explained");
}

/** The processes whose namespaces would be joined are not there yet. */
function plannedPid({ config }: ContainerRecord): ContainerNamespaces["pid"] {
  const mode = config.security.namespaces.pid;
  if (mode === "container") return "new";
  return mode === "node" ? "host" : { path: "/proc/PID/ns/pid" };
}
