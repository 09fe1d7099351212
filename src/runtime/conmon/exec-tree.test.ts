import { describe, expect, it } from "vitest";
import { findTree, parseRelation } from "./exec-tree.ts";

const runtime = 10;
const init = { pid: 100, parent: 90, session: 100 };
const service = { pid: 101, parent: 100, session: 100 };

describe("findTree()", () => {
  it("finds what descends from the runtime, however deep and in whatever order", () => {
    const leaf = { pid: 203, parent: 202, session: 203 };
    const middle = { pid: 202, parent: 201, session: 201 };
    const command = { pid: 201, parent: runtime, session: 201 };

    const found = findTree([leaf, init, middle, service, command], runtime, new Set());

    expect(new Set(found)).toEqual(new Set([command, middle, leaf]));
  });

  it("finds orphans by a session that was seen before", () => {
    const orphan = { pid: 204, parent: 100, session: 201 };

    expect(findTree([init, service, orphan], runtime, new Set([201]))).toEqual([orphan]);
  });

  it("finds nothing in a container that runs nothing else", () => {
    expect(findTree([init, service], runtime, new Set())).toEqual([]);
  });
});

describe("parseRelation()", () => {
  it("is not confused by the name of a program", () => {
    expect(parseRelation(7, "7 (a) S 1 2) S 5 6 8 0 -1")).toEqual({ pid: 7, parent: 5, session: 8 });
  });

  it.each(["7 (a) Z 5 6 8 0", "7 (a) X 5 6 8 0", "", "7 (a)"])("finds nobody alive in %j", (line) => {
    expect(parseRelation(7, line)).toBeUndefined();
  });
});
