import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Fault, type Logger, silentLogger } from "#foundation";
import { ExportQueue } from "./export-queue.ts";
import type { EndedSpan } from "./span.ts";

const span: EndedSpan = {
  traceId: "a".repeat(32),
  spanId: "b".repeat(16),
  parentSpanId: "",
  name: "x",
  kind: "internal",
  startedAtNanos: 1n,
  endedAtNanos: 2n,
  attributes: {},
  problem: undefined,
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function create(): { queue: ExportQueue; counts: number[]; failures: Fault[]; said: unknown[] } {
  const counts: number[] = [];
  const failures: Fault[] = [];
  const said: unknown[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (message) => void said.push(message),
    info: (message, facts) => void said.push([message, facts]),
  };
  const send = (body: string): Promise<void> => {
    const failure = failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    counts.push(body.split('"spanId"').length - 1);
    return Promise.resolve();
  };
  return { queue: new ExportQueue({ send, close: () => undefined }, {}, logger), counts, failures, said };
}

test("spans wait for each other, and go together", async () => {
  const { queue, counts } = create();

  queue.push(span);
  queue.push(span);
  expect(counts).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);

  expect(counts).toEqual([2]);
});

test("a collector that was away gets what it missed, and the log says both once", async () => {
  const { queue, counts, failures, said } = create();
  failures.push(new Fault("unavailable", "refused"), new Fault("unavailable", "refused"));

  queue.push(span);
  await vi.advanceTimersByTimeAsync(6_000);

  expect(counts).toEqual([1]);
  expect(said).toEqual(["traces cannot be sent", ["traces are sent again", { lost: 0 }]]);
});

test("what a collector refuses is not sent again", async () => {
  const { queue, counts, failures, said } = create();
  failures.push(new Fault("invalid", "answered 400"));

  queue.push(span);
  await vi.advanceTimersByTimeAsync(2_000);
  queue.push(span);
  await vi.advanceTimersByTimeAsync(2_000);

  expect(counts).toEqual([1]);
  expect(said.at(-1)).toEqual(["traces are sent again", { lost: 1 }]);
});

test("a collector that stays away costs bounded memory, and the loss is told", async () => {
  const { queue, counts, failures, said } = create();
  failures.push(new Fault("unavailable", "refused"));

  queue.push(span);
  await vi.advanceTimersByTimeAsync(2_000);
  for (let count = 0; count < 5_000; count += 1) queue.push(span);
  await vi.advanceTimersByTimeAsync(2_000);

  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4_096);
  expect(said).toContainEqual(["traces are sent again", { lost: 905 }]);
});

test("a stop does not wait for a collector that hangs", async () => {
  const hanging = { send: () => new Promise<void>(() => undefined), close: () => undefined };
  const queue = new ExportQueue(hanging, {}, silentLogger);

  queue.push(span);
  const closed = queue.close();
  await vi.advanceTimersByTimeAsync(3_000);

  await expect(closed).resolves.toBeUndefined();
});
