import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cgroupsContract } from "./host-cgroups-contract.ts";
import { filesContract } from "./host-files-contract.ts";
import { mountsContract, namespacesContract } from "./host-kernel-contract.ts";
import { processesContract } from "./host-processes-contract.ts";
import { socketsContract } from "./host-sockets-contract.ts";
import type { HostUnderTest } from "./host-under-test.ts";
import { watchContract } from "./host-watch-contract.ts";

/** What every form of {@link Host} promises. */
export function hostContract(name: string, open: () => Promise<HostUnderTest>): void {
  describe(`${name} keeps the contract of Host`, () => {
    let under: HostUnderTest;

    beforeEach(async () => {
      under = await open();
    });

    afterEach(async () => {
      await under.dispose();
    });

    processesContract(() => under);
    filesContract(() => under);
    watchContract(() => under);
    mountsContract(() => under);
    namespacesContract(() => under);
    cgroupsContract(() => under);
    socketsContract(() => under);
    locksContract(() => under);
  });
}

function locksContract(under: () => HostUnderTest): void {
  describe("locks", () => {
    it("lockFile() lets one owner in, and the next one after that", async () => {
      const { host, directory } = under();
      const path = join(directory, "lock");
      const first = await host.lockFile(path);

      await expect(host.lockFile(path)).rejects.toMatchObject({ kind: "busy", reason: { path } });
      await first.release();
      const second = await host.lockFile(path);

      await second.release();
    });
  });
}
