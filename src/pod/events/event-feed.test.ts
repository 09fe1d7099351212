import { expect, test } from "vitest";
import type { SandboxId } from "#foundation";
import { sandboxConfig } from "../fixtures.ts";
import { EventFeed } from "./event-feed.ts";
import type { PodEvent } from "./types.ts";

function event(number: number): PodEvent {
  const sandbox = {
    id: "5a".repeat(32) as SandboxId,
    config: sandboxConfig(),
    handler: "",
    createdAtNanos: 1n,
    isReady: true,
    ips: [],
    details: {},
  };
  return { id: `c${number}`, type: "created", atNanos: BigInt(number), sandbox, containers: [] };
}

async function idsOf(events: AsyncIterable<PodEvent>, into: string[] = []): Promise<string[]> {
  for await (const { id } of events) into.push(id);
  return into;
}

test("every reader gets what is published after it came, in order, until it goes", async () => {
  const feed = new EventFeed();
  const abort = new AbortController();
  feed.publish(event(1));
  const first: string[] = [];
  const reading = idsOf(feed.watch(abort.signal), first);
  feed.publish(event(2));
  await Promise.resolve();
  feed.publish(event(3));
  await new Promise<void>((resolve) => setImmediate(resolve));

  expect(first).toEqual(["c2", "c3"]);
  expect(feed.hasReaders).toBe(true);
  abort.abort();
  await reading;
  expect(feed.hasReaders).toBe(false);
});

test("a reader that does not read loses its stream, and the others nothing", async () => {
  const feed = new EventFeed();
  const abort = new AbortController();
  const slow = feed.watch(abort.signal);
  const quick: string[] = [];
  const reading = idsOf(feed.watch(abort.signal), quick);
  for (let number = 0; number < 2_000; number += 1) {
    feed.publish(event(number));
    if (number % 100 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await new Promise<void>((resolve) => setImmediate(resolve));
  abort.abort();
  await reading;

  await expect(idsOf(slow)).rejects.toMatchObject({ kind: "exhausted" });
  expect(quick).toHaveLength(2_000);
});

test("a reader that has gone before it came gets nothing", async () => {
  const feed = new EventFeed();

  expect(await idsOf(feed.watch(AbortSignal.abort()))).toEqual([]);
  expect(feed.hasReaders).toBe(false);
});
