import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Host } from "#host";
import { slowness } from "../support/slowness.ts";
import type { HostUnderTest } from "./host-under-test.ts";

/** Longer than a busy machine takes for three files, or for a directory in a directory. */
const burstMs = 300 * slowness;

/** What every form of Host promises of its directory watches. */
export function watchContract(under: () => HostUnderTest): void {
  describe("directory watches", () => {
    it("tells changes, a burst as one", async () => {
      const { host, directory } = under();
      const changes = watched(host, directory, burstMs);

      await Promise.all(["a", "b", "c"].map((name) => host.files.write(join(directory, name), name)));
      await changes.next();

      expect(changes.count()).toBe(1);
      changes.close();
    });

    it("sees a directory that is made later, and its entries", async () => {
      const { host, directory } = under();
      const path = join(directory, "later/below");
      const changes = watched(host, path, burstMs);

      await host.files.makeDirectory(path);
      await changes.next();
      await host.files.write(join(path, "file"), "");
      await changes.next();

      expect(changes.count()).toBe(2);
      changes.close();
    });

    it("sees a directory go and come back", async () => {
      const { host, directory } = under();
      const path = join(directory, "watched");
      await host.files.makeDirectory(path);
      const changes = watched(host, path);

      await host.files.remove(path);
      await changes.next();
      await host.files.makeDirectory(path);
      await changes.next();
      await host.files.write(join(path, "file"), "");
      await changes.next();

      expect(changes.count()).toBe(3);
      changes.close();
    });

    it("says nothing after close of a change that is settling", async () => {
      const { host, directory } = under();
      const [soon, closed, late] = [10, 100, 200].map((settleMs) => watched(host, directory, settleMs));

      await host.files.write(join(directory, "file"), "");
      await soon?.next();
      closed?.close();
      await late?.next();

      expect(closed?.count()).toBe(0);
      soon?.close();
      late?.close();
    });

    it("says nothing after close", async () => {
      const { host, directory } = under();
      const closed = watched(host, directory);
      const open = watched(host, directory);

      closed.close();
      await host.files.write(join(directory, "file"), "");
      await open.next();

      expect(closed.count()).toBe(0);
      open.close();
    });
  });
}

/** Counts the changes that a watch tells, and waits for the next one. */
function watched(host: Host, path: string, settleMs = 30): { next(): Promise<void>; count(): number; close(): void } {
  let count = 0;
  let seen = 0;
  let waiting = Promise.withResolvers<void>();
  const watch = host.files.watchDirectory(path, {
    settleMs,
    onChange: () => {
      count += 1;
      waiting.resolve();
      waiting = Promise.withResolvers();
    },
    onError: (error) => waiting.reject(error as Error),
  });
  return {
    next: async () => {
      if (count === seen) await waiting.promise;
      seen = count;
    },
    count: () => count,
    close: () => watch.close(),
  };
}
