export { createMemoryJournal, type JournalDeps, type JournalOptions, openJournal } from "./journal/open-journal.ts";
export type {
  EventLog,
  Journal,
  JournalEvent,
  JournalLimits,
  JournalObject,
  JournalStep,
  StepOutcome,
} from "./journal/types.ts";
export { openStore } from "./open-store.ts";
export type {
  BlobSection,
  Blobs,
  Codec,
  Collected,
  Durability,
  Holdings,
  KeptBlob,
  Layer,
  LayerFacts,
  Layers,
  Lease,
  MappedOwners,
  QuarantinedRecord,
  RecordTable,
  SnapshotChange,
  Snapshots,
  StagedBlob,
  StagedLayer,
  Store,
  StoreAudit,
  StoreOptions,
} from "./types.ts";
