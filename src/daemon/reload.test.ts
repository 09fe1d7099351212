import { expect, test } from "vitest";
import type { Config, ConfigChange } from "#config";
import { Fault, type LogFacts, silentLogger } from "#foundation";
import { createReload, type ReloadDeps } from "./reload.ts";

const config = {} as Config;

/** Dependencies that note what was told to whom. */
function createRecorder(given: Partial<ReloadDeps>): { readonly deps: ReloadDeps; readonly told: unknown[] } {
  const told: unknown[] = [];
  const say = (word: string) => (): void => void told.push(word);
  const log = (message: string, facts?: LogFacts): void => void told.push([message, facts]);
  return {
    told,
    deps: {
      notifier: { ready: say("ready"), reloading: say("reloading"), stopping: say("stopping"), alive: say("alive") },
      logger: { ...silentLogger, info: log, error: log },
      load: async () => config,
      apply: async () => [],
      ...given,
    },
  };
}

test("a reload tells what changed and what waits for the next start", async () => {
  const changes: ConfigChange[] = [
    { key: "root", before: "/a", after: "/b", needsRestart: true },
    { key: "log.level", before: "info", after: "debug", needsRestart: false },
  ];
  const { deps, told } = createRecorder({ apply: async () => changes });

  await createReload(deps)();

  expect(told).toEqual([
    "reloading",
    [
      "configuration was read anew",
      { changed: { "log.level": { before: "info", after: "debug" } }, atNextStart: ["root"] },
    ],
    "ready",
  ]);
});

test("a reload of a configuration that is refused changes nothing and serves on", async () => {
  const applied: Config[] = [];
  const { deps, told } = createRecorder({
    load: () => Promise.reject(new Fault("invalid", "imags.keep_blobs: no such setting")),
    apply: async (next) => {
      applied.push(next);
      return [];
    },
  });

  await createReload(deps)();

  expect(applied).toEqual([]);
  expect(told).toEqual([
    "reloading",
    ["configuration was not taken over: the old one stays", { error: "imags.keep_blobs: no such setting" }],
    "ready",
  ]);
});

test("reloads that are asked for while one runs become one more", async () => {
  const firstLoad = Promise.withResolvers<Config>();
  let loads = 0;
  const { deps } = createRecorder({
    load: () => {
      loads += 1;
      return loads === 1 ? firstLoad.promise : Promise.resolve(config);
    },
  });
  const reload = createReload(deps);

  const all = [reload(), reload(), reload()];
  firstLoad.resolve(config);
  await Promise.all(all);

  expect(loads).toBe(2);
});
