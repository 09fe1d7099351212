import { type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Fault, silentLogger } from "#foundation";
import { FakeHost } from "#host";
import { TaskExitSchema, TaskOOMSchema } from "#proto/containerd/events/task_pb.js";
import { Events, ForwardRequestSchema } from "#proto/containerd/events/v1/events_pb.js";
import { TtrpcClient } from "#wire";
import { anyOf } from "./any.ts";
import { maxEventBytes, maxKeptEvents, refusalNote } from "./event-spool.ts";
import { eventsDirectory, eventsSocket, ShimEvents } from "./events.ts";
import { normalizeShimOptions } from "./options.ts";

const root = "/run/shims";
const directory = eventsDirectory(root);
const bundle = "/run/c1";
const settings = normalizeShimOptions({ handler: "test", shimPath: "shim", root });
const aName = "a".repeat(64);
const halfOf = (pid: number): string => `${directory}/.${pid}`;

let host: FakeHost;
let told: string[];
let events: ShimEvents;
let listener: { close(): Promise<void> };

beforeEach(async () => {
  host = new FakeHost();
  told = [];
  for (const each of [root, bundle]) await host.files.makeDirectory(each);
  await listen();
});

afterEach(async () => {
  await listener.close();
});

/** What a daemon does when it starts. */
async function listen(): Promise<void> {
  const logger = { ...silentLogger, warn: tell, error: tell };
  events = new ShimEvents({ host, logger, settings });
  listener = await events.listen();
}

function tell(message: string, { problem, error }: Readonly<Record<string, unknown>> = {}): void {
  told.push([message, problem, error instanceof Fault ? error.message : undefined].filter(Boolean).join(": "));
}

function encode<Schema extends DescMessage>(schema: Schema, init: MessageInitShape<Schema>): Uint8Array {
  return toBinary(AnySchema, anyOf(schema, init));
}

/** Puts an event into the directory, as the program does. */
async function put(event: Uint8Array | string, name = aName): Promise<void> {
  await host.files.write(`${directory}/${name}`, event);
}

/** Tells an event at the socket. */
async function forward(containerId: string): Promise<void> {
  const client = new TtrpcClient(await host.sockets.connectStream(eventsSocket(root)));
  const payload = toBinary(ForwardRequestSchema, {
    $typeName: ForwardRequestSchema.typeName,
    envelope: {
      $typeName: "containerd.types.Envelope",
      namespace: "k8s.io",
      topic: "/tasks/oom",
      event: anyOf(TaskOOMSchema, { containerId }),
    },
  });
  try {
    await client.call({ service: Events.typeName, method: Events.method.forward.name, payload });
  } finally {
    client.close();
  }
}

async function isMarked(): Promise<boolean> {
  return (await host.files.stat(`${bundle}/oom`)) !== undefined;
}

async function kept(): Promise<readonly string[]> {
  return await host.files.list(directory);
}

const oom = encode(TaskOOMSchema, { containerId: "c1" });

describe("events of containers that are known", () => {
  beforeEach(() => {
    events.know("c1", bundle);
  });

  it("are marked when they come by the socket", async () => {
    await forward("c1");

    expect([await isMarked(), await kept()]).toEqual([true, []]);
  });

  it("are marked when they were put into the directory, and removed from there, without being asked", async () => {
    await put(oom);

    await expect.poll(kept).toEqual([]);
    expect(await isMarked()).toBe(true);
  });

  it("are marked when somebody waits for what lies there", async () => {
    await put(oom);

    await events.catchUp();

    expect([await isMarked(), await kept()]).toEqual([true, []]);
  });

  it("stay until the mark can be written, and are tried again", async () => {
    let isFull = true;
    host.intercept(({ name, subject }) => {
      if (isFull && name === "files.write" && subject === `${bundle}/oom`) throw new Fault("exhausted", "no space");
    });
    await put(oom);

    await events.catchUp();
    const between = await kept();
    isFull = false;
    await events.catchUp();

    expect([between, await isMarked(), await kept()]).toEqual([[aName], true, []]);
    expect(told).toContainEqual(expect.stringMatching(/cannot take an event.*no space/));
  });

  it("of another kind are nothing that is kept, nor is one of a container that has been removed", async () => {
    await put(encode(TaskExitSchema, { containerId: "c1" }));
    await host.files.remove(bundle);
    await put(oom, "b".repeat(64));

    await events.catchUp();

    expect([await kept(), told]).toEqual([[], []]);
  });
});

describe("events of containers that are not known", () => {
  it("wait in the directory, whichever way they came, until an earlier daemon's containers are followed", async () => {
    await forward("c1");
    await put(oom, "b".repeat(64));
    await events.catchUp();
    const before = await kept();

    events.know("c1", bundle);
    await events.catchUp();

    expect(before).toHaveLength(2);
    expect([await isMarked(), await kept()]).toEqual([true, []]);
  });

  it("outlive a daemon that ends before it knows", async () => {
    await forward("c1");

    await listener.close();
    await listen();
    events.know("c1", bundle);
    await events.catchUp();

    expect(await isMarked()).toBe(true);
  });

  it("are dropped once all are known, also those that came before", async () => {
    await forward("c1");

    events.knowAll();
    await forward("c1");
    await put(oom);
    await events.catchUp();

    expect([await isMarked(), await kept(), told]).toEqual([false, [], []]);
  });

  it("are refused when too many wait", async () => {
    for (let number = 0; number < maxKeptEvents; number += 1) await put(oom, number.toString(16).padStart(64, "0"));

    await expect(forward("c1")).rejects.toMatchObject({ kind: "exhausted" });
  });
});

describe("what is none", () => {
  it.each([
    { what: "not a message", content: "hello, world" },
    { what: "of no kind", content: "" },
    {
      what: "something else than it says",
      content: toBinary(AnySchema, { ...anyOf(TaskOOMSchema, {}), value: Buffer.of(0xff) }),
    },
    { what: "too long", content: Buffer.alloc(maxEventBytes + 1) },
  ])("is told of and removed: $what", async ({ content }) => {
    events.know("c1", bundle);
    await put(content);

    await events.catchUp();

    expect([await isMarked(), await kept()]).toEqual([false, []]);
    expect(told).toEqual([expect.stringContaining("is no event")]);
  });

  it("is also what has another name, and what a program left that was ended half way", async () => {
    const running = host.processes.start({ program: "publish", args: [] });
    await put(oom, "notes.txt");
    await host.files.write(halfOf(running.pid), "ha");
    await host.files.write(halfOf(999_999), "ha");

    await events.catchUp();

    expect(await kept()).toEqual([`.${running.pid}`]);
  });
});

it("says once that events were dropped", async () => {
  await host.files.write(`${directory}/${refusalNote}`, "");

  await events.catchUp();
  await events.catchUp();

  expect(told).toEqual([expect.stringContaining("were dropped")]);
});

describe("an event that is late, or that nobody took while crispd was away", () => {
  const container = { id: "c1", bundleDirectory: bundle };

  beforeEach(() => {
    events.know("c1", bundle);
  });

  it("is waited for until it is told again", async () => {
    const told = events.willTellOom(container, Date.now() - 3_000);
    await forward("c1");

    expect(await told).toBe(true);
  });

  it("is not waited for when it is so old that nobody tells it again, nor when crisp itself has killed the container", async () => {
    const before = Date.now();
    const told = [await events.willTellOom(container, before - 16_000)];
    events.noteKill("c1");
    told.push(await events.willTellOom(container, before - 3_000));

    expect(told).toEqual([false, false]);
    expect(Date.now() - before).toBeLessThan(1_000);
  });

  it("is waited for when it is a little later than the end", async () => {
    const told = events.willTellOom(container, Date.now() + 1);
    await put(oom);

    expect(await told).toBe(true);
  });

  it("is not waited for longer than until it would have come, nor by a daemon that ends", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const told = events.willTellOom(container, Date.now() - 14_000);
    await vi.advanceTimersByTimeAsync(2_000);
    vi.useRealTimers();
    const toldToNobody = events.willTellOom(container, Date.now() - 3_000);
    await listener.close();

    expect([await told, await toldToNobody]).toEqual([false, false]);
  });
});
