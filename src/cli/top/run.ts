import { setTimeout } from "node:timers/promises";
import { type Command, Option } from "commander";
import { isFault, messageOf } from "#foundation";
import type { OpenSession } from "../command.ts";
import { parseCount } from "../number-flag.ts";
import { openScreen, type Screen } from "../screen.ts";
import type { Session } from "../session.ts";
import { pressKeys } from "./keys.ts";
import { renderTop, renderTopText, type SortKey, sortKeys, type TopFacts, type TopView } from "./render.ts";
import { NodeReader, type NodeSample } from "./sample.ts";
import { compareSamples } from "./usage.ts";

interface Flags {
  readonly sort: SortKey;
  readonly seconds: number;
}

/** `crisp top` shows what pods and containers use, on the whole screen; elsewhere than on a terminal once, as text. */
export function declareTop(command: Command, open: OpenSession): void {
  command
    .addOption(new Option("-o, --sort <what>", "what comes first").choices(Object.keys(sortKeys)).default("cpu"))
    .option("-s, --seconds <count>", "read anew after this time", parseCount, 1);
  command.action(async (flags: Flags) => {
    const session = await open();
    const reader = new NodeReader(session);
    const { runtimeName, runtimeVersion } = await session.client.version({}, session.reading);
    const run: TopRun = { session, reader, flags, runtime: `${runtimeName} ${runtimeVersion}` };
    await (session.console.size() === undefined ? printOnce(run) : watch(run));
  });
}

interface TopRun {
  readonly session: Session;
  readonly reader: NodeReader;
  readonly flags: Flags;
  readonly runtime: string;
}

async function printOnce({ session, reader, flags, runtime }: TopRun): Promise<void> {
  const before = await reader.read();
  await setTimeout(flags.seconds * 1_000, undefined, { signal: session.signal });
  const usage = compareSamples(before, await reader.read());
  const facts = { runtime, nowNanos: session.clock.nowNanos() };
  await session.terminal.write(renderTopText(usage, { sort: flags.sort, scroll: 0 }, facts));
}

/** What is on the screen. */
interface Shown {
  view: TopView;
  before: NodeSample;
  after: NodeSample;
  problem: string | undefined;
}

async function watch(run: TopRun): Promise<void> {
  const { session, reader, flags } = run;
  const first = await reader.read();
  const shown: Shown = { view: { sort: flags.sort, scroll: 0 }, before: first, after: first, problem: undefined };
  const quit = new AbortController();
  const draw = (): void => drawOn(screen, run, shown);
  const onKeys = (keys: string): void => {
    const outcome = pressKeys(shown.view, keys);
    if (outcome === "quit") return quit.abort();
    // Keys beyond the end of the table are not owed back.
    const lines = shown.after.pods.length + shown.after.containers.length;
    shown.view = { ...outcome, scroll: Math.min(outcome.scroll, lines) };
    draw();
  };
  const screen = openScreen(session.console, { onKeys, onResize: draw });
  try {
    draw();
    await refresh(run, shown, { draw, signal: AbortSignal.any([quit.signal, session.signal]) });
  } catch (error) {
    if (!quit.signal.aborted) throw error;
  } finally {
    screen.close();
  }
}

/** Reads again and again until the signal. A runtime that is away may come back: its last numbers stay. */
async function refresh(
  { reader, flags }: TopRun,
  shown: Shown,
  { draw, signal }: { readonly draw: () => void; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    await setTimeout(flags.seconds * 1_000, undefined, { signal });
    try {
      const sample = await reader.read();
      [shown.before, shown.after, shown.problem] = [shown.after, sample, undefined];
    } catch (error) {
      signal.throwIfAborted();
      if (!isFault(error, "unavailable") && !isFault(error, "timed-out")) throw error;
      shown.problem = messageOf(error);
    }
    draw();
  }
}

function drawOn(screen: Screen, { session, runtime }: TopRun, { view, before, after, problem }: Shown): void {
  const nowNanos = session.clock.nowNanos();
  const facts: TopFacts = { runtime, nowNanos, ...(problem === undefined ? {} : { problem }) };
  screen.draw(renderTop(compareSamples(before, after), view, facts, screen.size()));
}
