import { nodeSubject, type Stages } from "#foundation";
import type { Store } from "#store";
import type { DoctorCheck } from "../types.ts";
import { planStore } from "./plan.ts";

export interface StoreCheckDeps {
  readonly store: Pick<Store, "audit" | "removeStray" | "directory">;
  readonly stages: Pick<Stages, "act">;
}

/** Whether disk and records of the store agree. A repair is an act on the node. */
export function createStoreCheck({ store, stages }: StoreCheckDeps): DoctorCheck {
  const remove = (stray: string): Promise<void> =>
    stages.act("doctor", nodeSubject, () => store.removeStray(stray), `remove ${stray}`);
  return {
    name: "store",
    look: async () => {
      const audit = await store.audit();
      const { layers, snapshots, blobs } = audit.counts;
      const findings = planStore(audit).map(({ stray, ...finding }) =>
        stray === undefined ? finding : { ...finding, repair: { does: `remove ${stray}`, run: () => remove(stray) } },
      );
      return { at: `${layers} layers, ${snapshots} snapshots, ${blobs} blobs in ${store.directory}`, findings };
    },
  };
}
