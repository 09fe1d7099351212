import { expect, test } from "vitest";
import { listRuntimes } from "./list-runtimes.ts";

const told = { type: "oci", program: "runc", isRetired: false, pods: 0 } as const;

test("listRuntimes() tells why a handler does not work, and what one that works can do", () => {
  const { runtimes } = listRuntimes({
    runtimes: [
      {
        ...told,
        handler: "kata",
        isDefault: false,
        type: "shim",
        program: "/opt/kata",
        isRetired: true,
        pods: 2,
        probed: { problem: "kata-runtime: no such file" },
      },
      {
        ...told,
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
    {
      handler: "kata",
      type: "shim",
      program: "/opt/kata",
      isRetired: true,
      pods: 2,
      problem: "kata-runtime: no such file",
    },
    { handler: "runc", isDefault: true, problem: "", features: { version: "1.1.5", recursiveReadOnlyMounts: true } },
  ]);
});
