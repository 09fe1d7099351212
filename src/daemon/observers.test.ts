import { expect, test } from "vitest";
import type { Config } from "#config";
import { CallContexts, createSystemClock, Scope, silentLogger } from "#foundation";
import type { ObservedCall } from "#grpc";
import { FakeHost } from "#host";
import { openObservers } from "./observers.ts";

test("where nothing is configured, a call is not even asked for its headers, and nothing is held of it", async () => {
  const scope = new Scope(silentLogger);
  const contexts = new CallContexts();
  const config = { metrics: { address: undefined }, tracing: { endpoint: "", samplingRatePerMillion: 1_000_000 } };
  const deps = { host: new FakeHost(), clock: createSystemClock(), logger: silentLogger, contexts, scope };
  const { calls, steps } = await openObservers(config as unknown as Config, deps);
  const untouchable = new Proxy({}, { get: (_target, name) => expect.unreachable(`asked for ${String(name)}`) });

  const end = calls.began(untouchable as ObservedCall);
  steps.began(untouchable as never);
  steps.ended(untouchable as never, untouchable as never);
  end(undefined);

  await scope.close();
});
