import type { Repair } from "#doctor";
import { assertNever, type ContainerId, Fault, nodeSubject, type SandboxId, type StageSubject } from "#foundation";
import { handleOf } from "../container/phases.ts";
import { releaseContainer } from "../container/release.ts";
import { reopenLog } from "../container/reopen-log.ts";
import type { ContainerStops } from "../container/stop.ts";
import type { PodContext } from "../context.ts";
import { containersOf, getContainer, getSandbox } from "../find.ts";
import { stopSandbox } from "../sandbox/stop.ts";
import { actOn } from "../stage.ts";
import type { Mend } from "./types.ts";

export interface MendDeps {
  readonly context: PodContext;
  readonly stops: ContainerStops;
  /** What an id without a record was, as far as the journal remembers. */
  readonly recall: (id: string) => StageSubject | undefined;
}

/**
 * Makes a repair of its plan. Each runs as an act on its object, in turn with all others, and is found in its journal; what
 * belongs to no object is done to the node.
 */
export function createRepair(deps: MendDeps, mend: Mend): Repair {
  return { does: describeMend(mend), run: (signal) => apply(deps, mend, signal) };
}

/** What a mend does, for a dry run. */
function describeMend(mend: Mend): string {
  switch (mend.do) {
    case "pin-again":
      return `mount the namespace of process ${mend.process.pid} on ${mend.path}`;
    case "stop-sandbox":
      return `stop pod ${mend.id}, in which nothing runs`;
    case "release-container":
      return `give back what container ${mend.id} holds`;
    case "watch-container":
      return `read how container ${mend.id} ended`;
    case "reopen-log":
      return `make the monitor of container ${mend.id} begin a new log file`;
    case "detach":
      return `detach sandbox ${mend.id} from its network (CNI DEL)`;
    case "forget-leases":
      return `give back the addresses of sandbox ${mend.id} (CNI DEL)`;
    case "remove-firewall-rules":
      return `remove the rules of iptables that carry the id ${mend.id}, and their chains`;
    case "publish-host-ports":
      return `publish the host ports of pod ${mend.id} again`;
    case "withdraw-stray-host-ports":
      return "remove the nftables tables of pods that are gone";
    case "unmount":
      return `unmount ${mend.target}`;
    case "remove-directory":
      return `unmount what is below ${mend.path}, and remove it`;
    case "remove-cgroup":
      return `remove cgroup ${mend.path}`;
    default:
      return assertNever(mend, "mend");
  }
}

function apply(deps: MendDeps, mend: Mend, signal: AbortSignal): Promise<void> {
  const { context, stops } = deps;
  switch (mend.do) {
    case "pin-again":
      return onSandbox(context, mend.id, () => pinAgain(context, mend));
    case "stop-sandbox":
      return actOn(context, mend.id, "doctor", () => stopIdle(context, stops, mend.id));
    case "release-container":
      return onContainer(context, mend.id, () => releaseEnded(context, mend.id));
    case "watch-container":
      return actOn(context, mend.id, "doctor", () => watchAgain(context, mend.id));
    case "reopen-log":
      return onContainer(context, mend.id, () => reopenLog(context, mend.id));
    case "detach":
      return withoutRecord(deps, mend.id, () => context.network.detach(mend.id, { signal }));
    case "forget-leases":
      return withoutRecord(deps, mend.id, () => context.network.forgetLeases(mend.id, { signal }));
    case "remove-firewall-rules":
      return withoutRecord(deps, mend.id, () => context.network.removeFirewallRules(mend.id));
    case "publish-host-ports":
      return onSandbox(context, mend.id, () => context.network.publishHostPorts(mend.id, { signal }));
    case "withdraw-stray-host-ports":
      return onNode(
        context,
        () => context.network.withdrawStrayHostPorts(),
        "withdraw host ports of pods that are gone",
      );
    case "unmount":
      return onNode(context, () => context.host.mounts.unmount(mend.target), `unmount ${mend.target}`);
    case "remove-directory":
      return withoutRecord(deps, mend.id, () => removeDirectory(context, mend.path));
    case "remove-cgroup":
      return withoutRecord(deps, mend.id, () => context.host.cgroups.remove(mend.path));
    default:
      return assertNever(mend, "mend");
  }
}

/** After the acts on a sandbox that are under way; nothing when it is gone by then. */
function onSandbox(context: PodContext, id: SandboxId, work: () => Promise<void>): Promise<void> {
  return context.locks.run(id, async () => {
    if (context.sandboxes.find(id)?.status.phase === "ready") await actOn(context, id, "doctor", work);
  });
}

function onContainer(context: PodContext, id: ContainerId, work: () => Promise<void>): Promise<void> {
  return context.locks.run(id, async () => {
    if (context.containers.find(id) !== undefined) await actOn(context, id, "doctor", work);
  });
}

/** Ids are never used twice: one without a record never gets one again. */
async function withoutRecord({ context, recall }: MendDeps, id: string, work: () => Promise<void>): Promise<void> {
  if (context.sandboxes.find(id) !== undefined || context.containers.find(id) !== undefined) return;
  await context.stages.act("doctor", recall(id) ?? { kind: "leftover", id, name: id }, work);
}

/** `crisp why node` tells of it. */
function onNode({ stages }: PodContext, work: () => Promise<void>, detail: string): Promise<void> {
  return stages.act("doctor", nodeSubject, work, detail);
}

async function pinAgain({ host }: PodContext, { path, process, kind }: Mend & { do: "pin-again" }): Promise<void> {
  const mounts = await host.mounts.list();
  if (mounts.some(({ target }) => target === path)) return;
  const { pid, startTicks } = process;
  if (host.processes.identify(pid)?.startTicks !== startTicks) throw new Fault("not-found", `process ${pid} has ended`);
  if ((await host.files.stat(path)) === undefined) await host.files.write(path, "", { mode: 0o444 });
  await host.mounts.mount({ source: `/proc/${pid}/ns/${kind}`, target: path, type: "", flags: ["bind"] });
}

/** What runs is ended by nobody but its owner. */
async function stopIdle(context: PodContext, stops: ContainerStops, id: SandboxId): Promise<void> {
  const running = containersOf(context, { id }).filter(({ status }) => status.phase === "running");
  if (running.length > 0) throw new Fault("wrong-state", `stop pod ${id}: ${running.length} of its containers run`);
  await stopSandbox(context, stops, id);
}

async function releaseEnded(context: PodContext, id: ContainerId): Promise<void> {
  const record = getContainer(context, id);
  if (record.status.phase === "exited") await releaseContainer(context, record);
}

/** Reads the end that nobody followed; its record says it when this returns. */
async function watchAgain(context: PodContext, id: ContainerId): Promise<void> {
  const record = context.containers.find(id);
  if (record?.status.phase !== "running") return;
  const { runtime } = context.handlers.of(getSandbox(context, record.sandboxId));
  context.supervisor.watch(id, runtime, handleOf(context, record, record.status.process));
  await context.supervisor.ended(id);
}

/** The innermost mounts first. */
async function removeDirectory({ host }: PodContext, path: string): Promise<void> {
  const mounts = await host.mounts.list();
  const below = mounts.map(({ target }) => target).filter((target) => target.startsWith(`${path}/`) || target === path);
  for (const target of below.toReversed()) await host.mounts.unmount(target);
  await host.files.remove(path);
}
