/** How much one session may ask of this side. */
export interface SpdyLimits {
  /** Streams that the peer may have open at once. */
  readonly streams: number;
  /** Most bytes of a control frame. */
  readonly controlFrameBytes: number;
  /** Most bytes of an inflated header block. */
  readonly headerBytes: number;
  /** Most names in a header block. */
  readonly headerNames: number;
  /** Window of each stream, for peers that keep to windows. */
  readonly window: number;
  /** Window of all streams together. */
  readonly sessionWindow: number;
  /** Most data that this side puts into one frame. */
  readonly dataFrameBytes: number;
}

/** Limits with defaults for what is absent. */
export function normalizeSpdyLimits(limits: Partial<SpdyLimits>): SpdyLimits {
  return {
    streams: 2048,
    controlFrameBytes: 16 * 1024,
    headerBytes: 64 * 1024,
    headerNames: 64,
    window: 256 * 1024,
    sessionWindow: 1024 * 1024,
    dataFrameBytes: 64 * 1024,
    ...limits,
  };
}
