import type { Command } from "commander";
import { type Container, ContainerState } from "#proto/cri/v1/runtime_pb.js";
import { misused } from "./faults.ts";
import { ImageLookup } from "./image-lookup.ts";
import { parsePairs } from "./labels.ts";
import { resolvePodId } from "./resolve-id.ts";
import { declareSelection, type SelectionFlags, takeNewest, wantedCount } from "./selection.ts";
import type { Session } from "./session.ts";

/** The flags by which commands choose containers. */
export interface ContainerFlags extends SelectionFlags {
  readonly id?: string;
  readonly pod?: string;
  readonly image?: string;
  readonly state?: ContainerState;
  readonly all?: boolean;
}

const states: Readonly<Record<string, ContainerState>> = {
  created: ContainerState.CONTAINER_CREATED,
  running: ContainerState.CONTAINER_RUNNING,
  exited: ContainerState.CONTAINER_EXITED,
  unknown: ContainerState.CONTAINER_UNKNOWN,
};

export function declareContainerFlags(command: Command): void {
  declareSelection(command);
  command
    .option("--id <id>", "only the container whose id begins like this")
    .option("-p, --pod <id>", "only the containers of this pod")
    .option("--image <image>", "only the containers of this image")
    .option("-s, --state <state>", `only those in this state: ${Object.keys(states).join("|")}`, parseState)
    .option("-a, --all", "those that do not run, too");
}

function parseState(text: string): ContainerState {
  const state = states[text.toLowerCase()];
  if (state === undefined) {
    throw misused(`state ${JSON.stringify(text)}: use one of ${Object.keys(states).join(", ")}`);
  }
  return state;
}

/** The containers that the flags mean, newest first; those that run when the flags name no state. */
export async function listContainers(session: Session, flags: ContainerFlags): Promise<readonly Container[]> {
  const { client, reading } = session;
  const state = wantedState(flags);
  const podSandboxId = flags.pod === undefined ? "" : await resolvePodId(session, flags.pod);
  const labelSelector = parsePairs("label", flags.label);
  const filter = { podSandboxId, labelSelector, ...(state === undefined ? {} : { state: { state } }) };
  const { containers } = await client.listContainers({ filter }, reading);
  const chosen = containers.filter((container) => matches(container, flags));
  return takeNewest(flags.image === undefined ? chosen : await ofImage(session, chosen, flags.image), flags);
}

function wantedState(flags: ContainerFlags): ContainerState | undefined {
  if (wantedCount(flags) !== undefined) return undefined;
  return flags.state ?? (flags.all === true ? undefined : ContainerState.CONTAINER_RUNNING);
}

function matches(container: Container, { id = "", name, namespace }: ContainerFlags): boolean {
  return (
    container.id.startsWith(id) &&
    (name === undefined || name.test(container.metadata?.name ?? "")) &&
    (namespace === undefined || namespace.test(podNamespaceOf(container)))
  );
}

async function ofImage(
  session: Session,
  containers: readonly Container[],
  image: string,
): Promise<readonly Container[]> {
  const images = new ImageLookup(session);
  const wanted = await images.find(image);
  if (wanted === undefined) return [];
  const found = await Promise.all(containers.map((container) => images.find(container.image?.image ?? "")));
  return containers.filter((_container, index) => found[index]?.id === wanted.id);
}

/** The pod's name, which only kubelet's label tells a container's list entry. */
export function podNameOf(container: Container): string {
  return container.labels["io.kubernetes.pod.name"] ?? "unknown";
}

/** The pod's namespace, see {@link podNameOf}. */
export function podNamespaceOf(container: Container): string {
  return container.labels["io.kubernetes.pod.namespace"] ?? "unknown";
}

/** A container's state in one word. */
export function describeContainerState(state: ContainerState): string {
  switch (state) {
    case ContainerState.CONTAINER_CREATED:
      return "Created";
    case ContainerState.CONTAINER_RUNNING:
      return "Running";
    case ContainerState.CONTAINER_EXITED:
      return "Exited";
    case ContainerState.CONTAINER_UNKNOWN:
      return "Unknown";
  }
}
