import { expect, it } from "vitest";
import { silentLogger } from "#foundation";
import { FakeHost } from "#host";
import { LogWriters } from "./log-writers.ts";
import { encodeNewState, place } from "./state.ts";

const log = { bundleDirectory: "/b" };

function setUp(): { readonly host: FakeHost; readonly logs: LogWriters } {
  const host = new FakeHost();
  const options = { programDirectory: "/programs", fullDiskWaitMs: 1_000 };
  return { host, logs: new LogWriters(options, { host, logger: silentLogger }) };
}

it.each([
  { failures: 0n, lost: 3n, told: { flow: "flowing", lostBytes: 3 } },
  { failures: 1n, lost: 0n, told: { flow: "held", lostBytes: 0 } },
  { failures: 11n, lost: 5n, told: { flow: "dropping", lostBytes: 5 } },
])("tells how a log goes whose disk took nothing $failures times", async ({ failures, lost, told }) => {
  const { host, logs } = setUp();
  const state = encodeNewState({ waitMs: 1_000 });
  state.writeBigInt64LE(failures, place.failures);
  state.writeBigInt64LE(lost, place.lost);
  await host.files.makeDirectory("/b");
  await host.files.write("/b/log-writer.state", state);

  expect(await logs.tell(log)).toEqual(told);
});

it("tells nothing of a log that has no writer", async () => {
  expect(await setUp().logs.tell(log)).toBeUndefined();
});
