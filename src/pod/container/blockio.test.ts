import { expect, test } from "vitest";
import { FakeNode } from "../engine-fixture.ts";
import { containerConfig, sandboxConfig } from "../fixtures.ts";

const container = containerConfig({ annotations: { "io.kubernetes.cri.blockio-class": "slow" } });
const request = { sandbox: sandboxConfig(), container, handler: "" };

async function explain(file: string): Promise<unknown> {
  const node = new FakeNode();
  const engine = await node.openEngine();
  await node.host.files.write("/etc/blockio.yaml", file);
  const { configJson } = await engine.explainContainer(request);
  return (JSON.parse(configJson) as { linux: { resources: { blockIO?: unknown } } }).linux.resources.blockIO;
}

test("a class without devices is a weight; the last entry counts", async () => {
  expect(await explain("Classes: {slow: [{Weight: 100}, {Weight: 200}]}")).toEqual({ weight: 200 });
});

test.each([
  ["Classes: {fast: []}", "no class of block I/O is called slow; known are fast"],
  ["Classes: {slow: [{Devices: [/dev/none], Weight: 20}]}", "no block device is called /dev/none"],
  ["Classes: {slow: [{Devices: [/dev/*/x], Weight: 20}]}", '"*" stands only in the last part of a path'],
  ["Classes: [", "classes of block I/O in /etc/blockio.yaml: is not YAML"],
])("the file %j is refused", async (file, message) => {
  await expect(explain(file)).rejects.toThrow(message);
});
