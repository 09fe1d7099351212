import { type Clock, isFault, type Logger } from "#foundation";
import type { Snapshots } from "#store";
import { BackgroundMeasurements } from "./background-measurements.ts";
import type { LayerUsage } from "./types.ts";

export interface LayerUsagesDeps {
  readonly snapshots: Pick<Snapshots, "has" | "usage">;
  /** Directory on the file system that holds the snapshots. */
  readonly mountpoint: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Sizes of writable layers by their container's id. */
export type LayerUsages = BackgroundMeasurements<LayerUsage>;

export function createLayerUsages({ snapshots, mountpoint, clock, logger }: LayerUsagesDeps): LayerUsages {
  return new BackgroundMeasurements<LayerUsage>({
    measure: async (id, { signal }) => {
      const { usedBytes, inodes } = await snapshots.usage(id, { signal });
      return { measuredAtNanos: clock.nowNanos(), mountpoint, usedBytes, inodes };
    },
    onFailure: (id, error) => {
      const isGone = isFault(error, "not-found") && !snapshots.has(id);
      if (!isGone) logger.warn("cannot measure what a container wrote", { containerId: id, error });
    },
  });
}
