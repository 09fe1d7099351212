import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PodSandboxStatusResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, fakeNow, runCrisp } from "../fake/fake-session.ts";

const id = "a".repeat(64);

function inspect(...args: readonly string[]): Promise<FakeRun> {
  return runCrisp(["inspectp", ...args, id], {
    podSandboxStatus: async () =>
      create(PodSandboxStatusResponseSchema, {
        status: {
          id,
          metadata: { name: "web", namespace: "default", uid: "u1" },
          createdAt: fakeNow,
          network: { ip: "10.1.0.2", additionalIps: [{ ip: "fd00::2" }] },
        },
        info: { netns: `"/run/x"` },
      }),
  });
}

test("crisp inspectp shows the status with a readable time", async () => {
  expect(JSON.parse((await inspect()).out)).toMatchObject({
    status: { id, state: "SANDBOX_READY", createdAt: "2026-01-02T03:04:05.000000000Z", network: { ip: "10.1.0.2" } },
    netns: "/run/x",
  });
});

test("crisp inspectp -o table is for people", async () => {
  expect((await inspect("-o", "table")).out).toBe(
    `ID: ${id}\nName: web\nUID: u1\nNamespace: default\nAttempt: 0\nStatus: SANDBOX_READY\n` +
      "Created: 2026-01-02T03:04:05.000000000Z\nIP Addresses: 10.1.0.2\nAdditional IP: fd00::2\n" +
      `Info:\n\tnetns -> "/run/x"\n`,
  );
});
