export { openStore } from "./open-store.ts";
export type {
  Blobs,
  Codec,
  Collected,
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
