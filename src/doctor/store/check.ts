import type { Store } from "#store";
import type { DoctorCheck } from "../types.ts";
import { planStore } from "./plan.ts";

/** Whether disk and records of the store agree. */
export function createStoreCheck(store: Pick<Store, "audit" | "removeStray" | "directory">): DoctorCheck {
  return {
    name: "store",
    look: async () => {
      const audit = await store.audit();
      const { layers, snapshots, blobs } = audit.counts;
      const findings = planStore(audit).map(({ stray, ...finding }) =>
        stray === undefined
          ? finding
          : { ...finding, repair: { does: `remove ${stray}`, run: () => store.removeStray(stray) } },
      );
      return { at: `${layers} layers, ${snapshots} snapshots, ${blobs} blobs in ${store.directory}`, findings };
    },
  };
}
