import type { ContainerFilter, ContainerView, ListFilter, SandboxView } from "./engine.ts";

/** Those of a list that match; the list itself when all do, so that what is kept by it is found again. */
export function filtered<View>(views: readonly View[], matches: (view: View) => boolean): readonly View[] {
  return views.every(matches) ? views : views.filter(matches);
}

/** Tells whether a sandbox is one that the filter asks for. */
export function sandboxMatcher({
  id,
  state,
  labels,
}: ListFilter<"ready" | "not-ready">): (view: SandboxView) => boolean {
  const asked = Object.entries(labels ?? {});
  return (view) =>
    matchesId(view.id, id) &&
    (state === undefined || (state === "ready") === view.isReady) &&
    hasLabels(view.config.labels, asked);
}

/** Tells whether a container is one that the filter asks for. */
export function containerMatcher({ id, sandboxId, state, labels }: ContainerFilter): (view: ContainerView) => boolean {
  const asked = Object.entries(labels ?? {});
  return (view) =>
    matchesId(view.id, id) &&
    matchesId(view.sandboxId, sandboxId) &&
    (state === undefined || state === view.state) &&
    hasLabels(view.config.labels, asked);
}

/** Ids in filters may be prefixes, as everywhere. */
function matchesId(id: string, asked: string | undefined): boolean {
  return asked === undefined || id.startsWith(asked);
}

function hasLabels(labels: Readonly<Record<string, string>>, asked: readonly (readonly [string, string])[]): boolean {
  return asked.every(([key, value]) => labels[key] === value);
}
