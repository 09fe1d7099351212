import { expect, test } from "vitest";
import { type LogFacts, silentLogger } from "#foundation";
import type { LogState } from "#runtime";
import { LogWatch } from "./log-watch.ts";

/** A watch that is shown these states, one look after the other, and what it has said. */
async function saidOf(...looks: readonly (ReadonlyMap<string, LogState> | Error)[]): Promise<readonly string[]> {
  const said: string[] = [];
  const say =
    (level: string) =>
    (message: string, facts?: LogFacts): void =>
      void said.push([`${level}:`, ...Object.values(facts ?? {}).filter((fact) => fact === "one"), message].join(" "));
  const shown = [...looks];
  const states = async (): Promise<ReadonlyMap<string, LogState>> => {
    const next = shown.shift() ?? new Map<string, LogState>();
    if (next instanceof Error) throw next;
    return next;
  };
  const watch = new LogWatch({ states, logger: { ...silentLogger, info: say("info"), warn: say("warn") } });
  for (const _look of looks) await watch.look();
  return said;
}

function one(flow: LogState["flow"]): ReadonlyMap<string, LogState> {
  return new Map([["one", { flow, lostBytes: 0 }]]);
}

test("each change of a log is said once", async () => {
  const said = await saidOf(
    one("flowing"),
    one("held"),
    one("held"),
    one("dropping"),
    one("dropping"),
    one("flowing"),
    one("flowing"),
    one("held"),
  );

  expect(said).toEqual([
    "warn: one a container is held back: its log's disk takes nothing",
    "warn: one lines of a container's log are dropped: its disk takes nothing",
    "info: one a container's log goes on",
    "warn: one a container is held back: its log's disk takes nothing",
  ]);
});

test("a container that has ended meanwhile is forgotten", async () => {
  expect(await saidOf(one("held"), new Map(), one("flowing"))).toEqual([
    "warn: one a container is held back: its log's disk takes nothing",
  ]);
});

test("a look that fails is said, and the next one knows what was before", async () => {
  expect(await saidOf(one("held"), new Error("no disk"), one("held"), one("flowing"))).toEqual([
    "warn: one a container is held back: its log's disk takes nothing",
    "warn: cannot look at how the logs of containers go",
    "info: one a container's log goes on",
  ]);
});
