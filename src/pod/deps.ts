import type { Clock, Logger, Stages } from "#foundation";
import type { Host } from "#host";
import type { Images } from "#image";
import type { Network } from "#network";
import type { Journal, Store } from "#store";
import type { EventJournal } from "./events/pod-events.ts";
import type { HandlerSet } from "./handlers.ts";

/** What an engine that runs pods itself is made of. */
export interface NativeEngineDeps {
  readonly host: Host;
  readonly store: Pick<Store, "directory" | "records" | "snapshots" | "hold" | "release" | "probe">;
  readonly images: Pick<Images, "find" | "assertAllowed">;
  readonly network: Network;
  readonly handlers: HandlerSet;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stages: Stages;
  /** Where events are kept, and what objects there were. */
  readonly journal: EventJournal & Pick<Journal, "findObjects">;
}
