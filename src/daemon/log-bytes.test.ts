import { beforeEach, describe, expect, it } from "vitest";
import type { FileStat } from "#host";
import type { ContainerView } from "#pod";
import { LogBytes } from "./log-bytes.ts";

const one = { id: "one" as ContainerView["id"], logPath: "/logs/one" };
const two = { id: "two" as ContainerView["id"], logPath: "/logs/two" };

describe("LogBytes", () => {
  const files = new Map<string, Pick<FileStat, "inode" | "sizeBytes">>();
  let total: number;
  let logs: LogBytes;

  function write(path: string, sizeBytes: number, inode = 1n): void {
    files.set(path, { inode, sizeBytes });
  }

  beforeEach(() => {
    files.clear();
    total = 0;
    logs = new LogBytes({ stat: (path) => Promise.resolve(files.get(path) as FileStat | undefined) }, (bytes) => {
      total += bytes;
    });
  });

  it("counts what was added since the last look", async () => {
    write(one.logPath, 100);
    await logs.countAll([one]);
    write(one.logPath, 130);

    await logs.countAll([one]);

    expect(total).toBe(130);
  });

  it("does not count what was there before it began", async () => {
    write(one.logPath, 100);
    await logs.skip([one]);
    write(one.logPath, 130);

    await logs.countAll([one]);

    expect(total).toBe(30);
  });

  it("counts all of the file that takes the place of a rotated one, and of one that was cut", async () => {
    write(one.logPath, 100);
    write(two.logPath, 100);
    await logs.countAll([one, two]);
    write(one.logPath, 120, 2n);
    write(two.logPath, 5);

    await logs.countAll([one, two]);

    expect(total).toBe(200 + 120 + 5);
  });

  it("never decreases: a container that goes leaves what it had written", async () => {
    write(one.logPath, 100);
    await logs.countAll([one]);
    files.delete(one.logPath);

    await logs.countAll([]);

    expect(total).toBe(100);
  });

  it("counts a log that is looked at twice at once only once", async () => {
    write(one.logPath, 100);

    await Promise.all([logs.count(one), logs.countAll([one]), logs.count(one)]);

    expect(total).toBe(100);
  });

  it("looks for no log of containers without one", async () => {
    await logs.countAll([{ ...one, logPath: "" }]);

    expect(total).toBe(0);
  });
});
