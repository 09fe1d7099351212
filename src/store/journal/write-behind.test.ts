import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Fault, silentLogger } from "#foundation";
import type { Database } from "../database.ts";
import { WriteBehind } from "./write-behind.ts";

let written: string[][];
let isFull: boolean;
let writes: WriteBehind;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setImmediate", "setTimeout", "performance"] });
  written = [];
  isFull = false;
  const transaction = (work: () => void): void => {
    if (isFull) throw new Fault("exhausted", "the disk is full");
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

  it("gathers no more than 128 changes", () => {
    add("first", "soon");
    vi.advanceTimersByTime(0);
    for (let index = 0; index < 200; index += 1) add(String(index), "soon");
    vi.advanceTimersByTime(0);

    expect(written.map(({ length }) => length)).toEqual([1, 200]);
  });

  it("asks a full disk again once a second, whatever comes, and loses nothing", () => {
    isFull = true;
    add("a", "soon");
    vi.advanceTimersByTime(0);
    isFull = false;
    add("b", "soon");
    vi.advanceTimersByTime(999);
    const early = written.length;
    vi.advanceTimersByTime(1);

    expect(early).toBe(0);
    expect(written).toEqual([["a", "b"]]);
  });

  it("writes within 100 ms what is not urgent, and at its end what waits", () => {
    add("a", "later");
    vi.advanceTimersByTime(100);
    add("b", "later");
    writes.close();

    expect(written).toEqual([["a"], ["b"]]);
  });
});
