import { expect, test } from "vitest";
import { createSystemClock, Fault, type LogFacts, silentLogger } from "#foundation";
import { createLayerUsages, type LayerUsages } from "./layer-usages.ts";

interface Fixture {
  readonly layers: LayerUsages;
  readonly walked: readonly string[];
  readonly warnings: readonly string[];
}

function openLayers(usage: (id: string) => Promise<{ usedBytes: bigint; inodes: bigint }>): Fixture {
  const [walked, warnings]: [string[], string[]] = [[], []];
  const logger = { ...silentLogger, warn: (message: string, _facts?: LogFacts) => void warnings.push(message) };
  const snapshots = {
    has: () => false,
    usage: (id: string) => {
      walked.push(id);
      return usage(id);
    },
  };
  const layers = createLayerUsages({ snapshots, mountpoint: "/var/lib/crisp", clock: createSystemClock(), logger });
  return { layers, walked, warnings };
}

test("the first question begins a measurement; later ones get it, and walk no more while it is fresh", async () => {
  const { layers, walked } = openLayers(async () => ({ usedBytes: 8n, inodes: 2n }));

  expect(layers.find("a")).toBeUndefined();
  expect(layers.find("a")).toBeUndefined();
  await layers.settled();

  expect(layers.find("a")).toMatchObject({ mountpoint: "/var/lib/crisp", usedBytes: 8n, inodes: 2n });
  expect(walked).toEqual(["a"]);
});

test("one tree is walked at a time", async () => {
  let [now, most] = [0, 0];
  const { layers, walked } = openLayers(async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise<void>((resolve) => setImmediate(resolve));
    now -= 1;
    return { usedBytes: 0n, inodes: 0n };
  });

  for (const id of ["a", "b", "c"]) layers.find(id);
  await layers.settled();

  expect([most, walked]).toEqual([1, ["a", "b", "c"]]);
});

test("what was removed while it was measured is forgotten, and one that is gone is no problem", async () => {
  const measured = Promise.withResolvers<{ usedBytes: bigint; inodes: bigint }>();
  const { layers, warnings } = openLayers((id) =>
    id === "a" ? measured.promise : Promise.reject(new Fault("not-found", "no such snapshot")),
  );
  layers.find("a");
  layers.find("gone");
  layers.forget("a");
  measured.resolve({ usedBytes: 1n, inodes: 1n });
  await layers.settled();

  expect(layers.find("a")).toBeUndefined();
  expect(warnings).toEqual([]);
  await layers.close();
});

test("a failure is told, and the next question tries again", async () => {
  const { layers, walked, warnings } = openLayers(() => Promise.reject(new Fault("broken", "input/output error")));
  layers.find("a");
  await layers.settled();
  layers.find("a");
  await layers.settled();

  expect(walked).toEqual(["a", "a"]);
  expect(warnings).toHaveLength(2);
});
