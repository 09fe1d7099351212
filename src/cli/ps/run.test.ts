import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  type ContainerSchema,
  ContainerState,
  ImageStatusResponseSchema,
  type ListContainersRequestSchema,
  ListContainersResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, fakeNow, runCrisp } from "../fake/fake-session.ts";

const second = 1_000_000_000n;
const main: MessageInitShape<typeof ContainerSchema> = {
  id: "a".repeat(64),
  podSandboxId: "c".repeat(64),
  metadata: { name: "main", attempt: 3 },
  image: { image: `sha256:${"1".repeat(64)}` },
  state: ContainerState.CONTAINER_RUNNING,
  createdAt: fakeNow - 90n * second,
  labels: { "io.kubernetes.pod.name": "web", "io.kubernetes.pod.namespace": "default" },
};
const side: MessageInitShape<typeof ContainerSchema> = {
  id: "b".repeat(64),
  podSandboxId: "c".repeat(64),
  metadata: { name: "side" },
  image: { image: "docker.io/library/busybox:latest" },
  state: ContainerState.CONTAINER_EXITED,
  createdAt: fakeNow - 3n * second,
};

const imageIds: Readonly<Record<string, string>> = {
  [`sha256:${"1".repeat(64)}`]: "sha256:11",
  nginx: "sha256:11",
  "docker.io/library/busybox:latest": "sha256:22",
};

async function ps(...args: readonly string[]): Promise<FakeRun & { request: unknown }> {
  let request: MessageInitShape<typeof ListContainersRequestSchema> | undefined;
  const run = await runCrisp(["ps", ...args], {
    listContainers: async (asked) => {
      request = asked;
      return create(ListContainersResponseSchema, { containers: [main, side] });
    },
    imageStatus: async ({ image }) => {
      const id = imageIds[image?.image ?? ""];
      return create(ImageStatusResponseSchema, id === undefined ? {} : { image: { id, repoTags: [`tag-of-${id}`] } });
    },
  });
  return { ...run, request };
}

test("crisp ps lists containers, newest first", async () => {
  const { out } = await ps();

  expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE"],
    ["bbbbbbbbbbbbb", side.image?.image, "3 seconds ago", "Exited", "side", "0", "ccccccccccccc", "unknown", "unknown"],
    ["aaaaaaaaaaaaa", "1111111111111", "About a minute ago", "Running", "main", "3", "ccccccccccccc", "web", "default"],
    [""],
  ]);
});

test.each([
  [[], { podSandboxId: "", labelSelector: {}, state: { state: ContainerState.CONTAINER_RUNNING } }],
  [["-a"], { podSandboxId: "", labelSelector: {} }],
  [["--latest"], { podSandboxId: "", labelSelector: {} }],
  [["-s", "Exited"], { podSandboxId: "", labelSelector: {}, state: { state: ContainerState.CONTAINER_EXITED } }],
  [["-a", "-p", "d".repeat(64), "--label", "a=b"], { podSandboxId: "d".repeat(64), labelSelector: { a: "b" } }],
])("crisp ps %j asks the server for what it can choose itself", async (args, filter) => {
  expect((await ps(...args)).request).toEqual({ filter });
});

test.each([
  [["-aq"], `${side.id}\n${main.id}\n`],
  [["-q", "--id", "aa"], `${main.id}\n`],
  [["-q", "--name", "^m"], `${main.id}\n`],
  [["-q", "--namespace", "default"], `${main.id}\n`],
  [["-q", "--image", "nginx"], `${main.id}\n`],
  [["-q", "--image", "missing"], ""],
  [["-ql"], `${side.id}\n`],
])("crisp ps %j", async (args, expected) => {
  expect((await ps(...args)).out).toBe(expected);
});

test("crisp ps -r shows the images' names", async () => {
  expect((await ps("-r")).out).toMatch(/tag-of-sha256:22 .*\n.*tag-of-sha256:11 /);
});

test("crisp ps -v shows labels", async () => {
  const { out } = await ps("-v", "--name", "main");

  expect(out).toBe(
    `ID: ${main.id}\nPodID: ${main.podSandboxId}\nNamespace: default\nName: main\nAttempt: 3\nState: Running\n` +
      `Image: ${main.image?.image}\nCreated: About a minute ago\n` +
      "Labels:\n\tio.kubernetes.pod.name -> web\n\tio.kubernetes.pod.namespace -> default\n\n",
  );
});

test("crisp ps -o json is protobuf's JSON", async () => {
  expect(JSON.parse((await ps("-o", "json", "-l")).out)).toMatchObject({
    containers: [{ id: side.id, state: "CONTAINER_EXITED", createdAt: String(side.createdAt), labels: {} }],
  });
});
