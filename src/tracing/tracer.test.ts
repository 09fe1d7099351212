import { afterEach, beforeEach, expect, test } from "vitest";
import { CallContexts, createSystemClock, Fault, type StageSubject, Stages, silentLogger } from "#foundation";
import type { ObservedCall } from "#grpc";
import { OtlpCollector } from "../../test/support/otlp-collector.ts";
import { createTracer, type Tracer } from "./tracer.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const pod: StageSubject = { kind: "sandbox", id: "p1", name: "default/web" };
const clock = createSystemClock();

let collector: OtlpCollector;

beforeEach(async () => {
  collector = await OtlpCollector.open();
});
afterEach(() => collector.close());

interface Traced {
  readonly tracer: Tracer;
  readonly stages: Stages;
  /** A call with these headers, which does this work. */
  readonly call: (headers: Readonly<Record<string, string | Buffer>>, work: () => Promise<unknown>) => Promise<void>;
}

function open(samplingRatePerMillion: number): Traced {
  const contexts = new CallContexts();
  const { endpoint } = collector;
  const options = { endpoint, samplingRatePerMillion, resource: { "service.name": "crispd", "service.version": "1" } };
  const tracer = createTracer(options, { clock, logger: silentLogger, contexts });
  const call: Traced["call"] = (headers, work) =>
    contexts.run(async (context) => {
      const observed: ObservedCall = { service: "s.S", method: "Run", context, header: (name) => headers[name] };
      const end = tracer.calls.began(observed);
      const failure = await work().then(
        () => undefined,
        (error: unknown) => Fault.from(error),
      );
      end(failure);
    });
  return { tracer, stages: new Stages(clock, [tracer.steps]), call };
}

test("a call with kubelet's context is a part of its trace, and stages are parts of the call", async () => {
  const { tracer, stages, call } = open(0);

  await call({ traceparent: `00-${traceId}-${spanId}-01` }, () =>
    stages.act("run", pod, () => stages.stage("attach network", pod, () => Promise.resolve())),
  );
  await tracer.close();

  const [stage, act, rpc] = collector.spans;
  expect(collector.spans).toMatchObject([
    { name: "attach network", traceId, parentSpanId: act?.spanId, kind: 1 },
    { name: "run sandbox", traceId, parentSpanId: rpc?.spanId, kind: 1 },
    { name: "s.S/Run", traceId, parentSpanId: spanId, kind: 2 },
  ]);
  expect(new Set([stage?.spanId, act?.spanId, rpc?.spanId]).size).toBe(3);
  expect(rpc?.attributes).toContainEqual({ key: "rpc.grpc.status_code", value: { intValue: "0" } });
  expect(act?.attributes).toContainEqual({ key: "crisp.object.id", value: { stringValue: "p1" } });
});

test("spans go to the collector's path as JSON, with who sent them, and end after they began", async () => {
  const { tracer, call } = open(1_000_000);

  await call({}, () => Promise.resolve());
  await tracer.close();

  const [{ url, type, body } = { url: "", type: "", body: { resourceSpans: [] } }] = collector.requests;
  expect([url, type]).toEqual(["/v1/traces", "application/json"]);
  const service = { key: "service.name", value: { stringValue: "crispd" } };
  expect(body.resourceSpans).toMatchObject([
    { resource: { attributes: expect.arrayContaining([service]) as unknown } },
  ]);
  const times = collector.spans.map((span) => BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano));
  expect(times.map((time) => time > 0n)).toEqual([true]);
});

test("the binary header of older clients counts, too", async () => {
  const { tracer, call } = open(0);

  await call({ "grpc-trace-bin": Buffer.from(`0000${traceId}01${spanId}0201`, "hex") }, () => Promise.resolve());
  await tracer.close();

  expect(collector.spans).toMatchObject([{ traceId, parentSpanId: spanId }]);
});

test("a failed call and its stage say what failed", async () => {
  const { tracer, stages, call } = open(0);
  const fail = (): Promise<never> => Promise.reject(new Fault("unavailable", "no address left"));

  await call({ traceparent: `00-${traceId}-${spanId}-01` }, () => stages.stage("attach network", pod, fail));
  await tracer.close();

  const [stage, rpc] = collector.spans;
  expect(stage?.status).toEqual({ code: 2, message: "no address left" });
  expect(rpc?.status).toEqual({ code: 2, message: "attach network: no address left" });
  expect(rpc?.attributes).toContainEqual({ key: "rpc.grpc.status_code", value: { intValue: "14" } });
});

test.each([
  ["a client that does not want its trace kept", 1_000_000, { traceparent: `00-${traceId}-${spanId}-00` }, 0],
  ["a call without a trace, where none is sampled", 0, {}, 0],
  ["a call without a trace, where all are sampled", 1_000_000, {}, 2],
])("%s", async (_name, rate, headers, expected) => {
  const { tracer, stages, call } = open(rate);

  await call(headers, () => stages.act("run", pod, () => Promise.resolve()));
  await tracer.close();

  expect(collector.spans).toHaveLength(expected);
});

test("what a call has set going after its end is a trace of its own", async () => {
  const { tracer, stages, call } = open(1_000_000);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const later: Promise<void>[] = [];

  await call({ traceparent: `00-${traceId}-${spanId}-01` }, async () => {
    later.push(ended.then(() => stages.act("release", pod, () => Promise.resolve())));
    await Promise.resolve();
  });
  end();
  await Promise.all(later);
  await tracer.close();

  const release = collector.spans.find(({ name }) => name === "release sandbox");
  expect(release?.parentSpanId).toBeUndefined();
  expect(release?.traceId).not.toBe(traceId);
});
