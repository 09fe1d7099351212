export { openStore } from "./open-store.ts";
export type {
  Blobs,
  Codec,
  Collected,
  Durability,
  Holdings,
  Layer,
  LayerFacts,
  Layers,
  Lease,
  QuarantinedRecord,
  RecordTable,
  Snapshots,
  StagedBlob,
  StagedLayer,
  Store,
  StoreOptions,
} from "./types.ts";
