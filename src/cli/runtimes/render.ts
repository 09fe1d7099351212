import type { Runtime, RuntimeFeatures } from "#proto/crisp/v1/admin_pb.js";
import { formatTable } from "../table.ts";

const header = ["HANDLER", "TYPE", "PROGRAM", "RUNTIME", "MONITOR", "PODS", "HEALTH", "FEATURES"];

/** Handlers as a table; the default one has a star. */
export function renderRuntimes(runtimes: readonly Runtime[]): string {
  return formatTable([header, ...runtimes.map(toRow)], 0);
}

function toRow(runtime: Runtime): readonly string[] {
  const { handler, type, program, isDefault, pods, features } = runtime;
  return [
    isDefault ? `${handler} *` : handler,
    type,
    program,
    features === undefined ? "-" : `${features.name} ${features.version}`,
    features?.monitorVersion ?? "-",
    String(pods),
    healthOf(runtime),
    features === undefined ? "-" : featuresOf(features).join(","),
  ];
}

function healthOf({ isRetired, problem, networkProblem, latestFailure }: Runtime): string {
  const problems = [
    ...(isRetired ? ["takes no new pods"] : []),
    ...[problem, isRetired ? "" : networkProblem].filter((text) => text !== ""),
    ...(latestFailure === "" ? [] : [`failed at the last container: ${latestFailure}`]),
  ];
  return problems.length === 0 ? "ok" : problems.join(": ");
}

function featuresOf(features: RuntimeFeatures): readonly string[] {
  const named: readonly (readonly [boolean, string])[] = [
    [features.recursiveReadOnlyMounts, "recursive-read-only"],
    [features.idmappedMounts, "idmapped-mounts"],
    [features.userNamespaces, "user-namespaces"],
    [features.seccomp, "seccomp"],
    [features.apparmor, "apparmor"],
    [features.selinux, "selinux"],
  ];
  return named.flatMap(([isThere, name]) => (isThere ? [name] : []));
}
