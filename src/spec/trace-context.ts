/** A span of another process, of which ours are parts. */
export interface RemoteSpan {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Whether who began the trace wants it to be kept. */
  readonly isSampled: boolean;
}

const sampledFlag = 1;

/**
 * Reads the header `traceparent`; undefined for what is none, which leaves the caller with a trace of its own.
 *
 * @see https://www.w3.org/TR/2021/REC-trace-context-1-20211123/#traceparent-header
 */
export function parseTraceparent(text: string): RemoteSpan | undefined {
  const [, version, traceId = "", spanId = "", flags = "", rest] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text) ?? [];
  // Later versions may add parts; the first may not.
  if (version === undefined || version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  return remoteSpan(traceId, spanId, Number.parseInt(flags, 16));
}

const binaryLength = 29;

/**
 * Reads the header `grpc-trace-bin`, by which older gRPC clients hand on their trace; undefined for what is none.
 *
 * @see https://github.com/census-instrumentation/opencensus-specs/blob/7c09bbe7a6df9f6ce8c6aac3d8ea5d9a8ec8ba4a/encodings/BinaryEncoding.md
 */
export function decodeGrpcTraceBin(bytes: Uint8Array): RemoteSpan | undefined {
  const data = Buffer.from(bytes);
  const hasFields = data.length >= binaryLength && data[0] === 0 && data[1] === 0 && data[18] === 1 && data[27] === 2;
  if (!hasFields) return undefined;
  return remoteSpan(data.toString("hex", 2, 18), data.toString("hex", 19, 27), data[28] ?? 0);
}

/** Ids of zeros stand for none. */
function remoteSpan(traceId: string, spanId: string, flags: number): RemoteSpan | undefined {
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (flags & sampledFlag) !== 0 };
}
