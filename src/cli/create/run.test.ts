import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  CreateContainerResponseSchema,
  PullImageResponseSchema,
  RunPodSandboxResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

const podId = "a".repeat(64);
let directory = "";
let container = "";
let pod = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crisp-create-"));
  container = join(directory, "container.json");
  pod = join(directory, "pod.yaml");
  await writeFile(
    container,
    JSON.stringify({
      metadata: { name: "main" },
      image: { image: "busybox" },
      mounts: [
        { container_path: "/data", image: { image: "data:1" } },
        { container_path: "/x", host_path: "/x" },
      ],
    }),
  );
  await writeFile(pod, "metadata: {name: web, namespace: default, uid: u1}\n");
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function crisp(...args: readonly string[]): Promise<FakeRun & { readonly asked: readonly unknown[] }> {
  const asked: unknown[] = [];
  const run = await runCrisp(args, {
    runPodSandbox: async ({ config, runtimeHandler }, options) => {
      asked.push(["run", config?.metadata?.uid, runtimeHandler, options?.timeoutMs]);
      return create(RunPodSandboxResponseSchema, { podSandboxId: podId });
    },
    pullImage: async ({ image, auth, sandboxConfig }, options) => {
      asked.push(["pull", image?.image, auth, sandboxConfig?.metadata?.name, options?.timeoutMs]);
      return create(PullImageResponseSchema, { imageRef: `${image?.image}@sha256:ab` });
    },
    createContainer: async ({ podSandboxId, config, sandboxConfig }, options) => {
      asked.push(["create", podSandboxId, config?.metadata?.name, sandboxConfig?.metadata?.name, options?.timeoutMs]);
      return create(CreateContainerResponseSchema, { containerId: "c1" });
    },
  });
  return { ...run, asked };
}

test("crisp runp runs a pod and prints its id", async () => {
  const { out, asked } = await crisp("runp", "-r", "gvisor", "-T", "5s", pod);

  expect(out).toBe(`${podId}\n`);
  expect(asked).toEqual([["run", "u1", "gvisor", 5_000]]);
});

test("crisp create creates a container and prints its id", async () => {
  const { out, asked } = await crisp("create", podId, container, pod);

  expect(out).toBe("c1\n");
  expect(asked).toEqual([["create", podId, "main", "web", 120_000]]);
});

test("crisp create --with-pull pulls the images first, those to mount too", async () => {
  const { err, asked } = await crisp("create", "--with-pull", "--creds", "u:p", podId, container, pod);

  const auth = { username: "u", password: "p" };
  expect(asked.slice(0, 2)).toEqual([
    ["pull", "busybox", auth, "web", 0],
    ["pull", "data:1", auth, "web", 0],
  ]);
  expect(err).toBe("pulling busybox\npulling data:1\n");
});

test("crisp create with contradicting flags asks for nothing", async () => {
  const { failure, asked } = await crisp("create", "--with-pull", "--no-pull", podId, container, pod);

  expect(failure).toMatchObject({ kind: "invalid" });
  expect(asked).toEqual([]);
});

test("crisp pull pulls as long as it takes and prints what the runtime calls the image", async () => {
  const { out, asked } = await crisp("pull", "--pod-config", pod, "-a", "x=y", "busybox");

  expect(out).toBe("Image is up to date for busybox@sha256:ab\n");
  expect(asked).toEqual([["pull", "busybox", undefined, "web", 0]]);
});

test("crisp pull --pull-timeout gives up", async () => {
  expect((await crisp("pull", "--pull-timeout", "3s", "busybox")).asked).toEqual([
    ["pull", "busybox", undefined, undefined, 3_000],
  ]);
});
