import type { Container } from "#proto/cri/v1/runtime_pb.js";
import { formatAge } from "../age.ts";
import { describeContainerState, podNameOf, podNamespaceOf } from "../container-list.ts";
import { formatEntries, formatFacts } from "../facts.ts";
import { shortId } from "../short-id.ts";
import { formatTable } from "../table.ts";

export interface ContainerListStyle {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** False with `--no-trunc`. */
  readonly trunc?: boolean;
  /** What to show for an image, by what the container calls it. */
  readonly imageNames?: ReadonlyMap<string, string> | undefined;
}

const header = ["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE"];

/** The list of containers as text. */
export function renderContainers(
  containers: readonly Container[],
  style: ContainerListStyle,
  nowNanos: bigint,
): string {
  if (style.quiet === true) return containers.map(({ id }) => `${id}\n`).join("");
  if (style.verbose === true)
    return containers.map((container) => `${renderContainer(container, nowNanos)}\n`).join("");
  return formatTable([header, ...containers.map((container) => toRow(container, style, nowNanos))]);
}

function toRow(container: Container, style: ContainerListStyle, nowNanos: bigint): readonly string[] {
  const { id, podSandboxId, metadata, state, createdAt } = container;
  const shown = style.trunc === false ? (text: string) => text : shortId;
  return [
    shown(id),
    imageOf(container, style),
    formatAge(createdAt, nowNanos),
    describeContainerState(state),
    metadata?.name ?? "",
    String(metadata?.attempt ?? 0),
    shown(podSandboxId),
    podNameOf(container),
    podNamespaceOf(container),
  ];
}

/** Under kubelet a container calls its image by the digest; a name stays whole. */
function imageOf({ image }: Container, { trunc = true, imageNames }: ContainerListStyle): string {
  const called = image?.image ?? "";
  const name = imageNames?.get(called) ?? called;
  return trunc && name.startsWith("sha256:") ? shortId(name) : name;
}

function renderContainer(container: Container, nowNanos: bigint): string {
  const { id, podSandboxId, metadata, state, image, createdAt, labels, annotations } = container;
  return (
    formatFacts([
      ["ID", id],
      ["PodID", podSandboxId],
      ["Namespace", podNamespaceOf(container)],
      ["Name", metadata?.name],
      ["Attempt", metadata?.attempt],
      ["State", describeContainerState(state)],
      ["Image", image?.image],
      ["Created", formatAge(createdAt, nowNanos)],
    ]) +
    formatEntries("Labels", labels) +
    formatEntries("Annotations", annotations)
  );
}
