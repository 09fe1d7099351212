import type { DoctorCheck, Looked } from "#doctor";
import type { PodContext } from "../context.ts";
import type { ContainerRecord, SandboxRecord } from "../records.ts";
import { createRepair, type MendDeps } from "./mend.ts";
import type { PlannedFinding, SteadyRecords } from "./types.ts";

export type PodCheckDeps = MendDeps;

/** What a check saw, before it is told whether that was steady. */
export interface Seen<T> {
  readonly at: string;
  readonly observed: T;
}

/** Makes a check of an observation, which asks the machine, and a plan, which is pure. */
export function createPodCheck<T>(
  deps: PodCheckDeps,
  name: string,
  observe: (signal: AbortSignal) => Promise<Seen<T>>,
  plan: (records: SteadyRecords, observed: T) => readonly PlannedFinding[],
): DoctorCheck {
  return { name, look: (signal) => look(deps, () => observe(signal), plan) };
}

async function look<T>(
  deps: PodCheckDeps,
  observe: () => Promise<Seen<T>>,
  plan: (records: SteadyRecords, observed: T) => readonly PlannedFinding[],
): Promise<Looked> {
  const { context, recall } = deps;
  const watch = context.stages.watchActs();
  try {
    const before = recordsOf(context);
    const { at, observed } = await observe();
    const records = steadyRecords({ before, after: recordsOf(context), touched: watch.touched, recall });
    return { at, findings: plan(records, observed).map((finding) => withRepair(deps, finding)) };
  } finally {
    watch.close();
  }
}

function withRepair(deps: PodCheckDeps, { mend, ...finding }: PlannedFinding): Looked["findings"][number] {
  return mend === undefined ? finding : { ...finding, repair: createRepair(deps, mend) };
}

/** All records at one moment. */
export interface Records {
  readonly sandboxes: ReadonlyMap<string, SandboxRecord>;
  readonly containers: ReadonlyMap<string, ContainerRecord>;
}

function recordsOf({ sandboxes, containers }: PodContext): Records {
  return { sandboxes: new Map(sandboxes.all()), containers: new Map(containers.all()) };
}

export interface TwoMoments extends Pick<MendDeps, "recall"> {
  readonly before: Records;
  readonly after: Records;
  readonly touched: ReadonlySet<string>;
}

/** What of the records held all the time between two moments. Pure. */
export function steadyRecords({ before, after, touched, recall }: TwoMoments): SteadyRecords {
  const steady = <T>(first: ReadonlyMap<string, T>, second: ReadonlyMap<string, T>): readonly T[] =>
    // A record is never changed, only replaced: the same one means that nothing was written down between.
    [...second].filter(([id, record]) => first.get(id) === record && !touched.has(id)).map(([, record]) => record);
  const known = [before, after].flatMap(({ sandboxes, containers }) => [...sandboxes.keys(), ...containers.keys()]);
  const ids = new Set([...known, ...touched]);
  return {
    sandboxes: steady(before.sandboxes, after.sandboxes),
    containers: steady(before.containers, after.containers),
    isKnown: (id) => ids.has(id),
    wasOurs: (id) => recall(id) !== undefined,
  };
}
