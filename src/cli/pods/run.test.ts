import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  type ListPodSandboxRequestSchema,
  ListPodSandboxResponseSchema,
  type PodSandboxSchema,
  PodSandboxState,
} from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, fakeNow, runCrisp } from "../fake/fake-session.ts";

const second = 1_000_000_000n;
const web: MessageInitShape<typeof PodSandboxSchema> = {
  id: "a".repeat(64),
  metadata: { name: "web", namespace: "default", uid: "u1", attempt: 2 },
  createdAt: fakeNow - 17n * second,
  labels: { app: "x" },
  annotations: { note: "y" },
};
const dns: MessageInitShape<typeof PodSandboxSchema> = {
  id: "b".repeat(64),
  metadata: { name: "dns", namespace: "kube-system", uid: "u2" },
  state: PodSandboxState.SANDBOX_NOTREADY,
  createdAt: fakeNow - 3n * second,
  runtimeHandler: "gvisor",
};

async function pods(...args: readonly string[]): Promise<FakeRun & { request: unknown }> {
  let request: MessageInitShape<typeof ListPodSandboxRequestSchema> | undefined;
  const run = await runCrisp(["pods", ...args], {
    listPodSandbox: async (asked) => {
      request = asked;
      return create(ListPodSandboxResponseSchema, { items: [web, dns] });
    },
  });
  return { ...run, request };
}

test("crisp pods lists pods, newest first", async () => {
  const { out } = await pods();

  expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"],
    ["bbbbbbbbbbbbb", "3 seconds ago", "NotReady", "dns", "kube-system", "0", "gvisor"],
    ["aaaaaaaaaaaaa", "17 seconds ago", "Ready", "web", "default", "2", "(default)"],
    [""],
  ]);
});

test.each([
  [["-q"], `${dns.id}\n${web.id}\n`],
  [["-q", "--id", "aa"], `${web.id}\n`],
  [["-q", "--name", "^w"], `${web.id}\n`],
  [["-q", "--namespace", "kube"], `${dns.id}\n`],
  [["-q", "--latest"], `${dns.id}\n`],
  [["-q", "-n", "1"], `${dns.id}\n`],
  [["-q", "--last", "0"], `${dns.id}\n${web.id}\n`],
])("crisp pods %j", async (args, expected) => {
  expect((await pods(...args)).out).toBe(expected);
});

test("crisp pods asks the server for a state and labels", async () => {
  const { request } = await pods("-s", "NotReady", "--label", "a=b", "--label", "c=d");

  expect(request).toEqual({
    filter: { labelSelector: { a: "b", c: "d" }, state: { state: PodSandboxState.SANDBOX_NOTREADY } },
  });
});

test("crisp pods --no-trunc shows whole ids", async () => {
  expect((await pods("--no-trunc")).out).toContain(`${web.id} `);
});

test("crisp pods -v shows labels and annotations", async () => {
  const { out } = await pods("-v", "--name", "web");

  expect(out).toBe(
    `ID: ${web.id}\nName: web\nUID: u1\nNamespace: default\nAttempt: 2\nStatus: Ready\n` +
      "Created: 2026-01-02T03:03:48.000000000Z\nLabels:\n\tapp -> x\nAnnotations:\n\tnote -> y\nRuntime: (default)\n\n",
  );
});

test("crisp pods -o json is protobuf's JSON", async () => {
  const { out } = await pods("-o", "json", "--name", "web");

  expect(JSON.parse(out)).toEqual({
    items: [
      {
        id: web.id,
        metadata: { name: "web", namespace: "default", uid: "u1", attempt: 2 },
        state: "SANDBOX_READY",
        createdAt: String(web.createdAt),
        labels: { app: "x" },
        annotations: { note: "y" },
        runtimeHandler: "",
      },
    ],
  });
});

test("crisp pods -o yaml is the same in YAML", async () => {
  expect((await pods("-o", "yaml", "-l")).out).toContain("state: SANDBOX_NOTREADY\n");
});
