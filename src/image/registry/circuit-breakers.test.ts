import { beforeEach, describe, expect, it } from "vitest";
import { isSkipped } from "../faults.ts";
import { type Asking, CircuitBreakers } from "./circuit-breakers.ts";

const heed: Asking = { mode: "heed", isBesides: () => false };
const anyway: Asking = { ...heed, mode: "anyway" };
const refused: Error = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });

let nowMs = 0;
let breakers: CircuitBreakers;
let asked = 0;

beforeEach(() => {
  nowMs = 0;
  asked = 0;
  breakers = new CircuitBreakers({ pauseMs: 10_000, maxPauseMs: 30_000 }, () => nowMs);
});

function answer(asking = heed): Promise<string> {
  return breakers.run("http://h", () => Promise.resolve(`answer ${(asked += 1)}`), asking);
}

/** How asking a host that refuses ends: "skipped" or "refused". */
async function refuse(asking = heed): Promise<string> {
  const ask = (): Promise<never> => {
    asked += 1;
    return Promise.reject(refused);
  };
  const error = await breakers.run("http://h", ask, asking).catch((thrown: unknown) => thrown);
  return isSkipped(error) ? "skipped" : "refused";
}

describe("CircuitBreakers", () => {
  it("skips a host that gave no answer, and says why and for how long", async () => {
    await refuse();
    nowMs = 4_000;

    await expect(answer()).rejects.toMatchObject({
      kind: "unavailable",
      message: "not asked: connection refused 4 s ago, next try in 6 s",
      reason: { code: "image.host-skipped", host: "http://h" },
    });
    expect(asked).toBe(1);
  });

  it("skips no other host", async () => {
    await refuse();

    expect(await breakers.run("http://other", () => Promise.resolve("there"), heed)).toBe("there");
  });

  it("asks again after the pause, and trusts a host that answers", async () => {
    await refuse();
    nowMs = 10_000;

    expect(await answer()).toBe("answer 2");
    expect(await answer()).toBe("answer 3");
  });

  it("waits twice as long after each failed try, up to a limit", async () => {
    const asks: number[] = [];
    for (nowMs = 0; nowMs <= 100_000; nowMs += 1_000) {
      const before = asked;
      await refuse();
      if (asked > before) asks.push(nowMs);
    }

    expect(asks).toEqual([0, 10_000, 30_000, 60_000, 90_000]);
  });

  it("lets one caller at a time find out whether the host is back", async () => {
    await refuse();
    nowMs = 10_000;
    const { promise, resolve } = Promise.withResolvers<string>();

    const probe = breakers.run("http://h", () => promise, heed);

    await expect(answer()).rejects.toSatisfy(isSkipped);
    resolve("back");
    expect(await probe).toBe("back");
    expect(await answer()).toBe("answer 2");
  });

  it("lets another caller find out when the first one gave up", async () => {
    await refuse();
    nowMs = 10_000;

    await refuse({ ...heed, isBesides: () => true });

    expect(await answer()).toBe("answer 3");
  });

  it("asks anyway when told that nobody else is left", async () => {
    await refuse();

    expect(await refuse(anyway)).toBe("refused");
    expect(await answer(anyway)).toBe("answer 3");
    expect(await answer()).toBe("answer 4");
  });

  it("counts failures of the same moment once", async () => {
    await Promise.all([refuse(), refuse(), refuse()]);
    nowMs = 10_000;

    expect(await answer()).toBe("answer 4");
  });

  it("learns nothing from what is not the host's", async () => {
    await refuse({ ...heed, isBesides: () => true });

    expect(await answer()).toBe("answer 2");
  });
});
