import type { Logger } from "#foundation";
import type { SpdyLimits } from "#wire";

/** What every session has from the server. */
export interface SessionContext {
  readonly creationTimeoutMs: number;
  readonly spdyLimits: Partial<SpdyLimits>;
  readonly maxPorts: number;
  readonly logger: Logger;
  /** Says how to ask the client whether it is there. */
  readonly onHeartbeat: (beat: () => void) => void;
}
