import { expect, test } from "vitest";
import type { RuntimeConfig } from "#config";
import { silentLogger } from "#foundation";
import { FakeHost } from "#host";
import { FakeRuntime } from "#runtime";
import { HandlerKeeper } from "./handler-keeper.ts";
import { nameDefinition, type OpenRuntime } from "./runtimes.ts";

const path = "/var/lib/crisp/handlers.json";

function configOf(changes: Partial<RuntimeConfig> = {}): RuntimeConfig {
  return {
    type: "oci",
    path: "runc",
    sandboxer: "container",
    root: "",
    defaultRlimits: {},
    defaultAnnotations: {},
    allowedAnnotations: [],
    deviceOwnershipFromSecurityContext: false,
    cgroupWritable: false,
    privilegedWithoutHostDevices: false,
    cniConfDir: "",
    snapshotOptions: {},
    createTimeoutSeconds: 240,
    callTimeoutSeconds: 60,
    options: {},
    ...changes,
  };
}

interface Place {
  readonly host: FakeHost;
  /** Programs of the runtimes that are open now. */
  readonly opened: string[];
  /** What asks for their configurations, in the order in which they were opened. */
  readonly latest: readonly (() => RuntimeConfig)[];
  restart(): Promise<HandlerKeeper>;
}

async function openPlace(): Promise<Place> {
  const host = new FakeHost();
  const opened: string[] = [];
  await host.files.makeDirectory("/var/lib/crisp");
  const latest: (() => RuntimeConfig)[] = [];
  const open: OpenRuntime = async (handler, config, ask) => {
    if (config.path === "broken") throw new Error("it does not open");
    opened.push(config.path);
    latest.push(ask);
    return {
      runtime: new FakeRuntime({ handler }),
      close: async () => void opened.splice(opened.indexOf(config.path), 1),
    };
  };
  return {
    host,
    opened,
    latest,
    restart: async () => {
      opened.length = 0;
      const keeper = new HandlerKeeper(path, { files: host.files, logger: silentLogger, open });
      await keeper.recover();
      return keeper;
    },
  };
}

function configured(runtimes: Readonly<Record<string, RuntimeConfig>>, defaultRuntime = "runc") {
  return { runtimes, defaultRuntime };
}

test("a handler that is configured no more is kept for the pods that it has, also over a restart", async () => {
  const place = await openPlace();
  const keeper = await place.restart();
  const vm = configOf({ path: "/opt/vm" });
  const inUse = new Set([nameDefinition("vm", vm)]);
  await keeper.take(configured({ runc: configOf(), vm }));
  await keeper.take(configured({ runc: configOf() }));

  expect(await keeper.release(inUse, "runc")).toBeUndefined();
  const restarted = await place.restart();
  const set = await restarted.take(configured({ runc: configOf() }));

  expect(set.offered.map(({ name }) => name)).toEqual(["runc"]);
  expect(set.retired).toMatchObject([{ name: "vm", program: "/opt/vm", definition: nameDefinition("vm", vm) }]);
});

test("a handler without pods goes with its configuration, and is closed", async () => {
  const place = await openPlace();
  const keeper = await place.restart();
  await keeper.take(configured({ runc: configOf(), vm: configOf({ path: "/opt/vm" }) }));
  await keeper.take(configured({ runc: configOf() }));

  const set = await keeper.release(new Set(), "runc");

  expect(set?.retired).toEqual([]);
  expect(place.opened).toEqual(["runc"]);
  await place.restart();
  expect(place.opened).toEqual(["runc"]);
});

test("a handler with another program is another definition; one with another limit is the same with the new limit", async () => {
  const place = await openPlace();
  const keeper = await place.restart();
  const [before] = (await keeper.take(configured({ runc: configOf() }))).offered;

  const limited = configOf({ defaultRlimits: { nofile: { soft: 1n, hard: 2n } } });
  const [after] = (await keeper.take(configured({ runc: limited }))).offered;
  const moved = await keeper.take(configured({ runc: configOf({ path: "/opt/runc" }) }));

  expect(after?.runtime).toBe(before?.runtime);
  expect(after?.policy.rlimits).toEqual([{ type: "RLIMIT_NOFILE", soft: 1n, hard: 2n }]);
  expect(moved.offered.map(({ program }) => program)).toEqual(["/opt/runc"]);
  expect(moved.retired.map(({ runtime }) => runtime)).toEqual([before?.runtime]);
});

test("a runtime that is open finds what a later configuration says of it, or of earlier pods' handlers the last that was said", async () => {
  const place = await openPlace();
  const keeper = await place.restart();
  const [handler, patient] = [configOf(), configOf({ createTimeoutSeconds: 600 })];
  await keeper.take(configured({ runc: handler }));
  const seen = [place.latest[0]?.()];

  await keeper.take(configured({ runc: patient }));
  seen.push(place.latest[0]?.());
  await keeper.take(configured({ crun: configOf({ path: "crun" }) }));
  seen.push(place.latest[0]?.());

  expect(seen).toEqual([handler, patient, patient]);
});

test("a configuration with a handler that does not open changes nothing", async () => {
  const place = await openPlace();
  const keeper = await place.restart();
  await keeper.take(configured({ runc: configOf() }));

  const next = configured({
    runc: configOf(),
    good: configOf({ path: "/opt/good" }),
    bad: configOf({ path: "broken" }),
  });
  await expect(keeper.take(next)).rejects.toThrow("it does not open");

  expect(place.opened).toEqual(["runc"]);
  await place.restart();
  expect(place.opened).toEqual(["runc"]);
});

test("a file of handlers that cannot be read keeps no node from starting", async () => {
  const place = await openPlace();
  await place.host.files.write(path, '{"vm@1": {"name": 3}}');

  const keeper = await place.restart();

  expect((await keeper.take(configured({ runc: configOf() }))).retired).toEqual([]);
});
