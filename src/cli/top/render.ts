import type { ConsoleSize } from "../console.ts";
import { formatSize } from "../size.ts";
import type { NodeUsage, PodUsage, UsageRow } from "./usage.ts";

/** What the table may be sorted by, and the key that does it. */
export const sortKeys = { cpu: "c", memory: "m", io: "i", net: "t", restarts: "r", name: "n" } as const;
export type SortKey = keyof typeof sortKeys;

/** How the person wants to see it. */
export interface TopView {
  readonly sort: SortKey;
  /** Lines of the table that are above the screen. */
  readonly scroll: number;
}

/** What is shown beside the table. */
export interface TopFacts {
  /** The runtime, as it names itself. */
  readonly runtime: string;
  readonly nowNanos: bigint;
  /** Why the numbers are old; undefined when they are not. */
  readonly problem?: string;
}

const help = "q quit   c cpu   m memory   i disk   t network   r restarts   n name   ↑ ↓ scroll";

interface Column {
  readonly title: string;
  readonly width: number;
  cell(row: UsageRow, nowNanos: bigint): string;
}

const columns: readonly Column[] = [
  { title: "STATE", width: 9, cell: ({ state }) => state },
  { title: "CPU %", width: 7, cell: ({ cpuPercent }) => cpuPercent?.toFixed(1) ?? "-" },
  { title: "MEM", width: 8, cell: ({ memoryBytes }) => sizeOf(memoryBytes) },
  { title: "READ/s", width: 8, cell: ({ diskRead }) => sizeOf(diskRead) },
  { title: "WRITE/s", width: 8, cell: ({ diskWritten }) => sizeOf(diskWritten) },
  { title: "RX/s", width: 8, cell: ({ received }) => sizeOf(received) },
  { title: "TX/s", width: 8, cell: ({ sent }) => sizeOf(sent) },
  { title: "RESTARTS", width: 8, cell: ({ restarts }) => String(restarts) },
  { title: "AGE", width: 5, cell: ({ createdAtNanos }, nowNanos) => ageOf(createdAtNanos, nowNanos) },
];
const gap = "  ";
const leastNameWidth = 12;

/** The view as lines of a screen: two of the node, one empty, the table, and the keys. */
export function renderTop(usage: NodeUsage, view: TopView, facts: TopFacts, size: ConsoleSize): readonly string[] {
  const shown = fittingColumns(size.columns);
  const nameWidth = Math.max(leastNameWidth, size.columns - widthOf(shown));
  const line = (name: string, cells: readonly string[]): string =>
    fit(name, nameWidth) + cells.map((cell, column) => gap + cell.padStart(shown[column]?.width ?? 0)).join("");
  const toLine = (name: string, row: UsageRow): string =>
    line(
      name,
      shown.map((column) => column.cell(row, facts.nowNanos)),
    );
  const rows = sortPods(usage.pods, view.sort).flatMap((pod) => [
    toLine(`${pod.namespace}/${pod.name}`, pod),
    ...pod.containers.map((container) => toLine(`  ${container.name}`, container)),
  ]);
  const head = [...renderHead(usage, view, facts), ""];
  const room = Math.max(1, size.rows - head.length - 2);
  const scroll = clampScroll(view.scroll, rows.length, room);
  const table = [
    line(
      "POD / CONTAINER",
      shown.map(({ title }) => title),
    ),
    ...rows.slice(scroll, scroll + room),
  ];
  const filler = Array.from({ length: room + 1 - table.length }, () => "");
  return [...head, ...table, ...filler, help].map((text) => cut(text, size.columns));
}

/** The table alone, whole: for those who have no screen. */
export function renderTopText(usage: NodeUsage, view: TopView, facts: TopFacts): string {
  const lines = usage.pods.reduce((count, { containers }) => count + 1 + containers.length, 0);
  const all = renderTop(usage, { ...view, scroll: 0 }, facts, { columns: 140, rows: lines + 5 });
  return all
    .slice(0, -1)
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** A scroll that leaves no room empty which a line could have. */
function clampScroll(scroll: number, lines: number, room: number): number {
  return Math.max(0, Math.min(scroll, lines - room));
}

function renderHead({ pods, total, ...counts }: NodeUsage, { sort }: TopView, facts: TopFacts): readonly string[] {
  const time = new Date(Number(facts.nowNanos / 1_000_000n)).toISOString().slice(11, 19);
  const problem = facts.problem === undefined ? "" : `   OLD NUMBERS: ${facts.problem}`;
  const io = `read ${sizeOf(total.diskRead)}/s write ${sizeOf(total.diskWritten)}/s`;
  const net = `rx ${sizeOf(total.received)}/s tx ${sizeOf(total.sent)}/s`;
  return [
    `crisp top   ${facts.runtime}   ${time} UTC   by ${sort}${problem}`,
    `pods ${pods.length} (${counts.readyPods} ready)   containers ${counts.containers} (${counts.runningContainers} running)   ` +
      `cpu ${total.cpuPercent?.toFixed(1) ?? "-"} %   mem ${sizeOf(total.memoryBytes)}   ${io}   ${net}`,
  ];
}

/** Columns that fit beside a name, from the left. */
function fittingColumns(width: number): readonly Column[] {
  const count = columns.findIndex((_, index) => widthOf(columns.slice(0, index + 1)) + leastNameWidth > width);
  return count === -1 ? columns : columns.slice(0, count);
}

function widthOf(shown: readonly Column[]): number {
  return shown.reduce((sum, { width }) => sum + gap.length + width, 0);
}

function sortPods(pods: readonly PodUsage[], sort: SortKey): readonly PodUsage[] {
  const order = orders[sort];
  return pods
    .map((pod) => ({ ...pod, containers: pod.containers.toSorted((a, b) => order(a, b) || byName(a, b)) }))
    .toSorted((a, b) => order(a, b) || byText(a.namespace, b.namespace) || byName(a, b));
}

const orders: Readonly<Record<SortKey, (a: UsageRow, b: UsageRow) => number>> = {
  cpu: (a, b) => (b.cpuPercent ?? 0) - (a.cpuPercent ?? 0),
  memory: (a, b) => (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0),
  io: (a, b) => ioOf(b) - ioOf(a),
  net: (a, b) => netOf(b) - netOf(a),
  restarts: (a, b) => b.restarts - a.restarts,
  name: () => 0,
};

function ioOf({ diskRead = 0, diskWritten = 0 }: UsageRow): number {
  return diskRead + diskWritten;
}

function netOf({ received = 0, sent = 0 }: UsageRow): number {
  return received + sent;
}

function byName(a: UsageRow, b: UsageRow): number {
  return byText(a.name, b.name);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sizeOf(bytes: number | undefined): string {
  return bytes === undefined ? "-" : formatSize(Math.round(bytes));
}

const ages: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
  [1, "s"],
];

function ageOf(thenNanos: bigint, nowNanos: bigint): string {
  const seconds = Math.max(0, Number((nowNanos - thenNanos) / 1_000_000_000n));
  const [unitSeconds, unit] = ages.find(([least]) => seconds >= least) ?? [1, "s"];
  return `${Math.floor(seconds / unitSeconds)}${unit}`;
}

/** Cut with a mark, or filled with spaces. */
function fit(text: string, width: number): string {
  return cut(text, width).padEnd(width);
}

/** Names come from clients: what would move the cursor is shown as `?`. */
function cut(text: string, width: number): string {
  const shown = text.replace(/\p{Cc}/gu, "?");
  return shown.length <= width ? shown : `${shown.slice(0, Math.max(0, width - 1))}…`;
}
