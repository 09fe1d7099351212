import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { JournalEvent } from "#store";
import { EventFeed } from "./event-feed.ts";

/** Events in memory, of which the first can be dropped; counts what is read at once. */
class FakeLog {
  readonly events: JournalEvent[] = [];
  mostRead = 0;

  append(): void {
    const sequence = (this.events.at(-1)?.sequence ?? 0) + 1;
    this.events.push({ sequence, atNanos: 1n, objectId: "c", ownerId: "p", type: "created", data: {} });
  }

  after(sequence: number, limit: number): readonly JournalEvent[] {
    const page = this.events.filter((event) => event.sequence > sequence).slice(0, limit);
    this.mostRead = Math.max(this.mostRead, page.length);
    return page;
  }
}

function setUp(count = 0): { readonly log: FakeLog; readonly feed: EventFeed; readonly abort: AbortController } {
  const log = new FakeLog();
  for (let event = 0; event < count; event += 1) log.append();
  return { log, feed: new EventFeed(log), abort: new AbortController() };
}

async function readInto(events: AsyncIterable<JournalEvent>, into: number[]): Promise<void> {
  for await (const { sequence } of events) into.push(sequence);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("every reader gets all events after its place, those to come too, until it goes", async () => {
  const { log, feed, abort } = setUp(3);
  const [all, late]: [number[], number[]] = [[], []];
  const reading = [readInto(feed.read(0, abort.signal), all), readInto(feed.read(2, abort.signal), late)];
  await turn();
  log.append();
  feed.wake();
  await turn();
  expect([all, late]).toEqual([
    [1, 2, 3, 4],
    [3, 4],
  ]);
  abort.abort();
  await Promise.all(reading);
});

test("a reader that does not read for long loses nothing, and holds no more than a page", async () => {
  const { log, feed, abort } = setUp(1);
  const events = feed.read(0, abort.signal);
  await events.next();
  for (let event = 0; event < 10_000; event += 1) log.append();
  feed.wake();
  const second = await events.next();
  let last = second;
  for (let event = 3; event <= 10_001; event += 1) last = await events.next();

  expect(second.value).toMatchObject({ sequence: 2 });
  expect(last.value).toMatchObject({ sequence: 10_001 });
  expect(log.mostRead).toBeLessThan(100);
});

test("a reader that stands where the journal has dropped events is told so", async () => {
  const { log, feed, abort } = setUp(5);
  log.events.splice(0, 3);

  await expect(feed.read(1, abort.signal).next()).rejects.toMatchObject({
    kind: "exhausted",
    reason: { code: "pod.events-dropped", last: 1, next: 4 },
  });
});

test("a reader that wants no more than there is gets that, and its end", async () => {
  const { log, feed, abort } = setUp(40);
  const events: number[] = [];
  await readInto(feed.read(0, abort.signal, 35), events);
  await readInto(feed.read(40, abort.signal, 41), events);

  expect(events).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
  expect(log.events).toHaveLength(40);
});

test("a reader that has gone before it came gets nothing", async () => {
  const { feed } = setUp(3);
  const events: number[] = [];
  await readInto(feed.read(0, AbortSignal.abort()), events);

  expect(events).toEqual([]);
});

test("a reader that has waited a thousand times leaves no trace of it at its signal", async () => {
  const { log, feed, abort } = setUp();
  const events: number[] = [];
  const reading = readInto(feed.read(0, abort.signal), events);
  for (let event = 0; event < 1_000; event += 1) {
    log.append();
    feed.wake();
    await turn();
  }

  expect(events).toHaveLength(1_000);
  expect(getEventListeners(abort.signal, "abort").length).toBeLessThan(5);
  abort.abort();
  await reading;
});
