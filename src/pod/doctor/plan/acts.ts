import type { Step } from "#foundation";
import type { SandboxRecord } from "../../records.ts";
import type { PlannedFinding, SteadyRecords } from "../types.ts";

/** After this, an act is not slow, it hangs: kubelet has given it up twice. */
const longActNanos = 300n * 1_000_000_000n;

export interface ObservedActs {
  readonly acts: readonly Step[];
  readonly nowNanos: bigint;
  /** Processes of pods that hang in the kernel, in words, by sandbox. */
  readonly stuck: ReadonlyMap<string, readonly string[]>;
}

/** Acts that do not come to an end. Pure. */
export function planActs({ sandboxes }: SteadyRecords, observed: ObservedActs): readonly PlannedFinding[] {
  const long = observed.acts.filter(
    ({ startedAtNanos, parent }) => parent === undefined && observed.nowNanos - startedAtNanos > longActNanos,
  );
  return [
    ...long.map((act) => hangs(act, observed.nowNanos)),
    ...sandboxes.flatMap((sandbox) => planStop(sandbox, observed)),
  ];
}

function hangs({ name, subject, startedAtNanos }: Step, nowNanos: bigint): PlannedFinding {
  const minutes = (nowNanos - startedAtNanos) / 60_000_000_000n;
  return {
    severity: "problem",
    where: subject.id,
    what: `${name} of ${subject.kind} ${subject.name} runs for ${minutes} minutes`,
    why: "whoever asked for it waits, and so does the next act on it",
    advice: `see in which step it is (crisp why ${subject.id.slice(0, 13)})`,
  };
}

function planStop({ id, status, config }: SandboxRecord, { stuck }: ObservedActs): readonly PlannedFinding[] {
  if (status.phase !== "stopping" || status.problem === undefined) return [];
  const words = (stuck.get(id) ?? []).map((process) => `; ${process}`).join("");
  return [
    {
      severity: "problem",
      where: id,
      what: `pod ${config.metadata.namespace}/${config.metadata.name} cannot be stopped whole: ${status.problem}${words}`,
      why: "it still holds an address, mounts or processes",
      advice: `crispd tries again by itself; see which step fails (crisp why ${id.slice(0, 13)})`,
    },
  ];
}
