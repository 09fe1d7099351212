import type { ContainerFilter, ContainerView, ListFilter, SandboxView } from "./engine.ts";

/** Whether a sandbox is one that the filter asks for. */
export function matchesSandbox(view: SandboxView, filter: ListFilter<"ready" | "not-ready">): boolean {
  return (
    matchesId(view.id, filter.id) &&
    (filter.state === undefined || (filter.state === "ready") === view.isReady) &&
    hasLabels(view.config.labels, filter.labels)
  );
}

/** Whether a container is one that the filter asks for. */
export function matchesContainer(view: ContainerView, filter: ContainerFilter): boolean {
  return (
    matchesId(view.id, filter.id) &&
    matchesId(view.sandboxId, filter.sandboxId) &&
    (filter.state === undefined || filter.state === view.state) &&
    hasLabels(view.config.labels, filter.labels)
  );
}

/** Ids in filters may be prefixes, as everywhere. */
function matchesId(id: string, asked: string | undefined): boolean {
  return asked === undefined || id.startsWith(asked);
}

function hasLabels(labels: Readonly<Record<string, string>>, asked: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(asked).every(([key, value]) => labels[key] === value);
}
