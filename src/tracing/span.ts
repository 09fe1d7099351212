/** A span that has ended, as it is sent. Plain data. */
export interface EndedSpan {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: "server" | "internal";
  readonly startedAtNanos: bigint;
  readonly endedAtNanos: bigint;
  readonly attributes: SpanAttributes;
  /** What failed; undefined when nothing did. */
  readonly problem: string | undefined;
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;
