import { expect, test } from "vitest";
import { listRuntimes } from "./list-runtimes.ts";

test("listRuntimes() tells why a handler does not work, and what one that works can do", () => {
  const { runtimes } = listRuntimes({
    runtimes: [
      { handler: "kata", isDefault: false, probed: { problem: "kata-runtime: no such file" } },
      {
        handler: "runc",
        isDefault: true,
        probed: {
          name: "runc",
          version: "1.1.5",
          monitorVersion: "2.1.6",
          hasRecursiveReadonlyMounts: true,
          hasIdmappedMounts: false,
          hasUserNamespaces: true,
          hasSeccomp: true,
          hasApparmor: false,
          hasSelinux: false,
        },
      },
    ],
  });
  expect(runtimes).toMatchObject([
    { handler: "kata", isDefault: false, problem: "kata-runtime: no such file" },
    { handler: "runc", isDefault: true, problem: "", features: { version: "1.1.5", recursiveReadOnlyMounts: true } },
  ]);
});
