import { beforeEach, describe, expect, it } from "vitest";
import { FakeHost } from "#host";
import { OomLedger } from "./oom-ledger.ts";

const slice = "/crisp.slice";
const [one, two] = [`${slice}/crisp-1.scope`, `${slice}/crisp-2.scope`];
const elsewhere = "/other.slice/crisp-3.scope";

describe("OomLedger", () => {
  let running: Set<string>;
  let kills: Map<string, bigint>;
  let ledger: OomLedger;

  beforeEach(async () => {
    const { cgroups } = new FakeHost();
    await cgroups.ensure(slice);
    const empty = cgroups.detail(slice);
    if (empty === undefined) throw new Error("no cgroup");
    running = new Set();
    kills = new Map([[slice, 5n]]);
    const detail = (path: string): typeof empty | undefined => {
      const oomKills = kills.get(path);
      return oomKills === undefined ? undefined : { ...empty, memory: { ...empty.memory, oomKills } };
    };
    ledger = new OomLedger({ cgroups: { detail }, running: () => running });
  });

  function begin(path: string): void {
    running.add(path);
    kills.set(path, 0n);
    ledger.began(path);
  }

  function kill(path: string): void {
    kills.set(path, (kills.get(path) ?? 0n) + 1n);
    kills.set(slice, (kills.get(slice) ?? 0n) + 1n);
  }

  /** It ends, and its cgroup goes before it is asked about, or after. */
  function end(path: string, { isGone }: { readonly isGone: boolean }): boolean {
    if (isGone) kills.delete(path);
    const hadKill = ledger.ended(path);
    running.delete(path);
    kills.delete(path);
    return hadKill;
  }

  it.each([true, false])("tells a kill, whether the cgroup is gone or not: %s", (isGone) => {
    begin(one);
    kill(one);

    expect(end(one, { isGone })).toBe(true);
  });

  it("tells none of a container without, whatever happened before it in the same place", () => {
    begin(one);

    expect(end(one, { isGone: true })).toBe(false);
  });

  it("holds the kills of one container against no other, in any order of ends", () => {
    begin(one);
    begin(two);
    kill(two);
    expect(end(one, { isGone: true })).toBe(false);
    begin(one);
    expect(end(two, { isGone: true })).toBe(true);

    expect(end(one, { isGone: true })).toBe(false);
  });

  it("does not tell a kill twice when the cgroup goes late", () => {
    begin(one);
    begin(two);
    kill(one);
    expect(end(one, { isGone: false })).toBe(true);

    expect(end(two, { isGone: true })).toBe(false);
  });

  it("knows nothing of what began before it, and of places that are gone", () => {
    kill(one);
    expect(end(one, { isGone: true })).toBe(false);
    begin(elsewhere);

    expect(end(elsewhere, { isGone: true })).toBe(false);
  });
});
