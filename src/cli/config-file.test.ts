import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readContainerConfig, readCrictlConfig, readPodConfig } from "./config-file.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crisp-cli-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function file(content: string): Promise<string> {
  const path = join(directory, "config");
  await writeFile(path, content);
  return path;
}

test("readPodConfig() reads JSON and gives a pod without uid a new one", async () => {
  const path = await file(`{"metadata": {"name": "web", "namespace": "default"}, "log_directory": "/logs"}`);

  const config = await readPodConfig(path);

  expect(config).toMatchObject({ metadata: { name: "web", namespace: "default" }, logDirectory: "/logs" });
  expect(config.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
});

test("readContainerConfig() reads YAML and keeps what the user wrote as the image", async () => {
  const path = await file("metadata: {name: main}\nimage:\n  image: busybox\ncommand: [sleep, '1']\n");

  const config = await readContainerConfig(path);

  expect(config).toMatchObject({
    metadata: { name: "main" },
    image: { image: "busybox", userSpecifiedImage: "busybox" },
    command: ["sleep", "1"],
  });
});

test.each([
  ["{", "JSON"],
  ["{}", "metadata is not set"],
  [`{"metadata": {"name": "x"}}`, "metadata needs a name and a namespace"],
  ["a: [", "config: "],
  ["", "expected an object of type PodSandboxConfig"],
])("readPodConfig() of %j says what is wrong", async (content, message) => {
  await expect(readPodConfig(await file(content))).rejects.toThrow(message);
});

test.each([
  [`{"image": {"image": "x"}}`, "metadata.name is not set"],
  [`{"metadata": {"name": "x"}}`, "image.image is not set"],
])("readContainerConfig() of %j says what is wrong", async (content, message) => {
  await expect(readContainerConfig(await file(content))).rejects.toThrow(message);
});

test("readCrictlConfig() of a missing file is nothing, unless somebody asked for it", async () => {
  const path = join(directory, "missing");

  expect(await readCrictlConfig({ path, isAskedFor: false })).toEqual({});
  await expect(readCrictlConfig({ path, isAskedFor: true })).rejects.toMatchObject({ kind: "not-found" });
});
