import { expect, test } from "vitest";
import { pressKeys } from "./keys.ts";
import { renderTop, renderTopText, type TopFacts, type TopView } from "./render.ts";
import type { NodeUsage, PodUsage, UsageRow } from "./usage.ts";

const now = 1_767_323_045_000_000_000n; // 2026-01-02T03:04:05Z
const minute = 60_000_000_000n;
const facts: TopFacts = { runtime: "crisp 1.2.3", nowNanos: now };
const byCpu: TopView = { sort: "cpu", scroll: 0 };

const unknown = { diskRead: undefined, diskWritten: undefined, received: undefined, sent: undefined };

function row(name: string, changes: Partial<UsageRow> = {}): UsageRow {
  const told = { cpuPercent: 1, memoryBytes: 4_500_000, restarts: 0, createdAtNanos: now - 5n * minute };
  return { name, state: "Running", ...unknown, ...told, ...changes };
}

function pod(name: string, changes: Partial<PodUsage> = {}): PodUsage {
  return { ...row(name, { state: "Ready" }), namespace: "default", containers: [], ...changes };
}

function node(pods: readonly PodUsage[]): NodeUsage {
  const total = {
    cpuPercent: 101.25,
    memoryBytes: 1_200_000_000,
    diskRead: 3_000,
    diskWritten: 0,
    received: 5,
    sent: 7,
  };
  return { pods, readyPods: 1, containers: 3, runningContainers: 2, total };
}

const busy = pod("web", {
  cpuPercent: 100.5,
  received: 1_500,
  sent: 20,
  restarts: 3,
  containers: [row("side", { restarts: 3 }), row("main", { cpuPercent: 99.5, diskRead: 3_000, diskWritten: 0 })],
});
const idle = pod("db", { namespace: "prod", cpuPercent: undefined, memoryBytes: undefined, state: "NotReady" });

test("renderTop() fills a screen: the node, pods by what they use, containers below them, the keys", () => {
  const lines = renderTop(node([idle, busy]), byCpu, facts, { columns: 120, rows: 11 });

  expect(lines).toEqual([
    "crisp top   crisp 1.2.3   03:04:05 UTC   by cpu",
    "pods 2 (1 ready)   containers 3 (2 running)   cpu 101.3 %   mem 1.2GB   read 3kB/s write 0B/s   rx 5B/s tx 7B/s",
    "",
    "POD / CONTAINER                        STATE    CPU %       MEM    READ/s   WRITE/s      RX/s      TX/s  RESTARTS    AGE",
    "default/web                            Ready    100.5     4.5MB         -         -     1.5kB       20B         3     5m",
    "  main                               Running     99.5     4.5MB       3kB        0B         -         -         0     5m",
    "  side                               Running      1.0     4.5MB         -         -         -         -         3     5m",
    "prod/db                             NotReady        -         -         -         -         -         -         0     5m",
    "",
    "",
    "q quit   c cpu   m memory   i disk   t network   r restarts   n name   ↑ ↓ scroll",
  ]);
});

test("renderTop() leaves out the columns for which there is no room, and marks a name that is cut", () => {
  const lines = renderTop(node([pod("a-name-that-is-much-too-long")]), byCpu, facts, { columns: 45, rows: 7 });

  expect(lines.slice(3, 5)).toEqual([
    "POD / CONTAINER      STATE    CPU %       MEM",
    "default/a-name…      Ready      1.0     4.5MB",
  ]);
  expect(lines.every((line) => line.length <= 45)).toBe(true);
});

test.each([1, 3, 5, 6, 24])("renderTop() of a terminal of %d rows is not longer by more than its head", (rows) => {
  const many = Array.from({ length: 40 }, (_, index) => pod(`p${index}`));

  const lines = renderTop(node(many), byCpu, facts, { columns: 80, rows });

  expect(lines).toHaveLength(Math.max(rows, 6));
});

test.each([
  ["memory", ["small-cpu", "small-memory"]],
  ["cpu", ["small-memory", "small-cpu"]],
  ["restarts", ["small-memory", "small-cpu"]],
  ["name", ["small-cpu", "small-memory"]],
] as const)("renderTop() by %s", (sort, expected) => {
  const pods = [
    pod("small-memory", { memoryBytes: 1, cpuPercent: 9, restarts: 2 }),
    pod("small-cpu", { memoryBytes: 9, cpuPercent: 1, restarts: 1 }),
  ];

  const lines = renderTop(node(pods), { sort, scroll: 0 }, facts, { columns: 120, rows: 10 });

  expect(lines.slice(4, 6).map((line) => /default\/(\S+)/.exec(line)?.[1])).toEqual(expected);
});

test("renderTop() scrolls to the last line and no further", () => {
  const many = Array.from({ length: 9 }, (_, index) => pod(`p${index}`));

  const lines = renderTop(node(many), { sort: "name", scroll: 99 }, facts, { columns: 80, rows: 8 });

  expect(lines.slice(4, 7).map((line) => line.slice(0, 10))).toEqual(["default/p6", "default/p7", "default/p8"]);
});

test("renderTop() shows no control character of a name, and says that numbers are old", () => {
  const lines = renderTop(
    node([pod("\x1b[31mred\n")]),
    byCpu,
    { ...facts, problem: "no answer" },
    { columns: 120, rows: 9 },
  );

  expect(lines[4]).toContain("default/?[31mred?");
  expect(lines[0]).toContain("OLD NUMBERS: no answer");
});

test("renderTopText() has every line of the table, and no keys", () => {
  const text = renderTopText(node([busy, idle]), byCpu, facts);

  expect(text.split("\n").map((line) => line.trim().split(/ /)[0])).toEqual([
    "crisp",
    "pods",
    "",
    "POD",
    "default/web",
    "main",
    "side",
    "prod/db",
    "",
  ]);
});

test.each([
  ["m", { sort: "memory", scroll: 0 }],
  ["\x1b[B\x1b[Bj\x1b[A", { sort: "cpu", scroll: 2 }],
  ["k", { sort: "cpu", scroll: 0 }],
  ["x\x1b[Cy", { sort: "cpu", scroll: 0 }],
  ["q", "quit"],
  ["\x03", "quit"],
  ["mq", "quit"],
])("keys %j make of the view by cpu %j", (keys, expected) => {
  expect(pressKeys(byCpu, keys)).toEqual(expected);
});
