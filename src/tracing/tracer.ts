import { randomBytes } from "node:crypto";
import {
  type CallContext,
  type CallContexts,
  type Clock,
  type Logger,
  messageOf,
  type StageObserver,
  type Step,
  type StepEnd,
} from "#foundation";
import type { CallObserver, ObservedCall } from "#grpc";
import { decodeGrpcTraceBin, grpcCodeOfKind, parseTraceparent, type RemoteSpan } from "#spec";
import { ExportQueue } from "./export-queue.ts";
import { createSender } from "./send.ts";
import type { SpanAttributes } from "./span.ts";

export interface TracingOptions {
  /** Base URL of an OTLP collector over HTTP. */
  readonly endpoint: string;
  /** Of calls and acts whose trace begins here. Read at each of them. */
  readonly samplingRatePerMillion: number;
  /** What the spans say of the process that they come from. */
  readonly resource: SpanAttributes;
}

export interface TracerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly contexts: CallContexts;
}

/** Makes a span of each call, and of each act, stage and command inside of it. */
export interface Tracer {
  readonly calls: CallObserver;
  readonly steps: StageObserver;
  /** Sends what has ended and not gone yet. */
  close(): Promise<void>;
}

/** What a span's parts need to know of it. */
interface SpanId {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
}

/** Tells a part of what is not traced from what nobody has asked about yet. */
type Decision = SpanId | "untraced";

/**
 * Opens a tracer. A call that comes with a trace keeps to its client's decision, all others are sampled.
 *
 * @example
 * const tracer = createTracer({ endpoint: "http://127.0.0.1:4318", samplingRatePerMillion: 0, resource: {} }, deps);
 */
export function createTracer(options: TracingOptions, { clock, logger, contexts }: TracerDeps): Tracer {
  const queue = new ExportQueue(createSender(options.endpoint), options.resource, logger);
  const ofCalls = new WeakMap<CallContext, Decision>();
  const ofSteps = new WeakMap<Step, Decision>();
  const sample = (): Decision => (Math.random() * 1_000_000 < options.samplingRatePerMillion ? rootSpan() : "untraced");

  const decideCall = (call: ObservedCall): Decision => {
    const remote = remoteOf(call);
    if (remote === undefined) return sample();
    return remote.isSampled ? childOf(remote) : "untraced";
  };
  const decideStep = ({ parent }: Step): Decision => {
    const context = contexts.current();
    const above = parent === undefined ? context && ofCalls.get(context) : ofSteps.get(parent);
    if (above === undefined) return sample();
    return above === "untraced" ? above : childOf(above);
  };
  return {
    calls: {
      began: (call) => {
        const id = decideCall(call);
        ofCalls.set(call.context, id);
        if (id === "untraced") return () => undefined;
        const startedAtNanos = clock.nowNanos();
        return (failure) => {
          const attributes = attributesOfCall(call, failure === undefined ? 0 : grpcCodeOfKind[failure.kind]);
          const name = `${call.service}/${call.method}`;
          const problem = failure?.message;
          const endedAtNanos = clock.nowNanos();
          queue.push({ ...id, name, kind: "server", startedAtNanos, endedAtNanos, attributes, problem });
        };
      },
    },
    steps: {
      began: (step) => void ofSteps.set(step, decideStep(step)),
      ended: (step, end) => {
        const id = ofSteps.get(step);
        if (id === undefined || id === "untraced") return;
        queue.push({ ...id, kind: "internal", ...describeStep(step, end) });
      },
    },
    close: () => queue.close(),
  };
}

function rootSpan(): SpanId {
  return { traceId: randomBytes(16).toString("hex"), spanId: newSpanId(), parentSpanId: "" };
}

function childOf({ traceId, spanId }: Pick<RemoteSpan, "traceId" | "spanId">): SpanId {
  return { traceId, spanId: newSpanId(), parentSpanId: spanId };
}

function newSpanId(): string {
  return randomBytes(8).toString("hex");
}

/** kubelet sends W3C's header; older gRPC clients the binary one. */
function remoteOf(call: ObservedCall): RemoteSpan | undefined {
  const text = call.header("traceparent");
  const bytes = call.header("grpc-trace-bin");
  const remote = typeof text === "string" ? parseTraceparent(text) : undefined;
  return remote ?? (bytes instanceof Buffer ? decodeGrpcTraceBin(bytes) : undefined);
}

function attributesOfCall({ service, method, context }: ObservedCall, code: number): SpanAttributes {
  return {
    "rpc.system": "grpc",
    "rpc.service": service,
    "rpc.method": method,
    "rpc.grpc.status_code": code,
    "crisp.request_id": context.requestId,
  };
}

function describeStep({ kind, name, subject, startedAtNanos }: Step, { durationMs, error, facts }: StepEnd) {
  const exitCode = facts["exitCode"];
  const hasFailed = error !== undefined || (typeof exitCode === "number" && exitCode !== 0);
  return {
    name: kind === "act" ? `${name} ${subject.kind}` : name,
    startedAtNanos,
    endedAtNanos: startedAtNanos + BigInt(Math.round(durationMs * 1e6)),
    attributes: {
      "crisp.step": kind,
      "crisp.object.kind": subject.kind,
      "crisp.object.id": subject.id,
      "crisp.object.name": subject.name,
      ...(typeof exitCode === "number" ? { "process.exit.code": exitCode } : {}),
    },
    problem: hasFailed ? (error === undefined ? `exit code ${String(exitCode)}` : messageOf(error)) : undefined,
  };
}
