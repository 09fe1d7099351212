import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "#foundation";
import type { Database } from "../database.ts";
import { WriteBehind } from "./write-behind.ts";

let written: string[][];
let writes: WriteBehind;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setImmediate", "setTimeout", "performance"] });
  written = [];
  const transaction = (work: () => void): void => {
    written.push([]);
    work();
  };
  writes = new WriteBehind({ transaction } as unknown as Database, silentLogger);
});

afterEach(() => {
  vi.useRealTimers();
});

function add(name: string, urgency: "soon" | "later"): void {
  writes.add(() => written.at(-1)?.push(name), urgency);
}

describe("WriteBehind", () => {
  it("writes what is urgent in the next turn, with all that waits", () => {
    add("a", "later");
    add("b", "soon");
    vi.advanceTimersByTime(0);

    expect(written).toEqual([["a", "b"]]);
  });

  it("gathers what is urgent after a write for 10 ms", () => {
    add("a", "soon");
    vi.advanceTimersByTime(0);
    add("b", "soon");
    vi.advanceTimersByTime(5);
    add("c", "soon");
    const early = written.length;
    vi.advanceTimersByTime(5);

    expect(early).toBe(1);
    expect(written).toEqual([["a"], ["b", "c"]]);
  });

  it("writes within 100 ms what is not urgent, and at its end what waits", () => {
    add("a", "later");
    vi.advanceTimersByTime(100);
    add("b", "later");
    writes.close();

    expect(written).toEqual([["a"], ["b"]]);
  });
});
