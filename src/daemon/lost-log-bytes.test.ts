import { beforeEach, describe, expect, it } from "vitest";
import { LostLogBytes } from "./lost-log-bytes.ts";

describe("LostLogBytes", () => {
  let total: number;
  let lost: LostLogBytes;

  beforeEach(() => {
    total = 0;
    lost = new LostLogBytes((bytes) => {
      total += bytes;
    });
  });

  it("counts what each log has lost since it told last, and nothing twice at its end", () => {
    lost.count({ id: "one", bytes: 10 });
    lost.count({ id: "two", bytes: 5 });
    lost.count({ id: "one", bytes: 12 });
    lost.count({ id: "one", bytes: 12 });

    expect(total).toBe(17);
  });

  it("does not count what was lost before it began", () => {
    lost.skip([{ id: "one", bytes: 10 }]);
    lost.count({ id: "one", bytes: 13 });

    expect(total).toBe(3);
  });

  it("takes no older word for a new loss", () => {
    lost.count({ id: "one", bytes: 10 });
    lost.count({ id: "one", bytes: 4 });
    lost.count({ id: "one", bytes: 10 });

    expect(total).toBe(10);
  });

  it("keeps what it knows of the logs that are there, and of no others", () => {
    lost.count({ id: "one", bytes: 10 });
    lost.count({ id: "two", bytes: 10 });

    lost.keep([{ id: "one" }]);
    lost.count({ id: "one", bytes: 10 });
    lost.count({ id: "two", bytes: 1 });

    expect(total).toBe(21);
  });
});
