import type { EndedSpan, SpanAttributes } from "./span.ts";

const kindNumbers = { internal: 1, server: 2 } as const;
/** STATUS_CODE_ERROR. */
const failed = 2;

/**
 * A batch of spans as an OTLP collector takes it, in protobuf's JSON: ids in hex, 64-bit numbers as strings.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/trace/v1/trace.proto
 */
export function encodeSpans(spans: readonly EndedSpan[], resource: SpanAttributes): string {
  const scope = { name: "crisp", version: resource["service.version"] };
  const scopeSpans = [{ scope, spans: spans.map(toJson) }];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: attributesToJson(resource) }, scopeSpans }] });
}

function toJson(span: EndedSpan): unknown {
  const { traceId, spanId, parentSpanId, name, kind, startedAtNanos, endedAtNanos, attributes, problem } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId === "" ? {} : { parentSpanId }),
    name,
    kind: kindNumbers[kind],
    startTimeUnixNano: String(startedAtNanos),
    endTimeUnixNano: String(endedAtNanos),
    attributes: attributesToJson(attributes),
    status: problem === undefined ? {} : { code: failed, message: problem },
  };
}

function attributesToJson(attributes: SpanAttributes): readonly unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueToJson(value) }));
}

function valueToJson(value: string | number | boolean): unknown {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
