import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ExplainContainerResponseSchema } from "#proto/crisp/v1/admin_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

const configJson =
  '{"process":{"args":["sh","-c","echo hello; echo hello; echo hello; echo hello; echo hello"],"env":["A=1"],"limit":18446744073709551615},' +
  '"mounts":[{"destination":"/proc.d","type":"proc"}],"annotations":{"a.b/c":"d"}}';

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crisp-spec-"));
  await writeFile(join(directory, "pod.json"), '{"metadata": {"name": "web", "namespace": "default"}}');
  await writeFile(join(directory, "main.json"), '{"metadata": {"name": "main"}, "image": {"image": "busybox"}}');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function crispSpec(...flags: readonly string[]): Promise<FakeRun & { readonly asked: readonly unknown[] }> {
  const asked: unknown[] = [];
  const files = ["pod.json", "main.json"].map((name) => join(directory, name));
  const run = await runCrisp(["spec", ...flags, ...files], {
    explainContainer: async ({ sandboxConfig, config, runtimeHandler }) => {
      asked.push([sandboxConfig?.metadata?.name, config?.metadata?.name, runtimeHandler]);
      return create(ExplainContainerResponseSchema, {
        configJson,
        parts: [
          { part: "process.args", from: "request", why: "command" },
          { part: "process.env[A]", from: "image", why: "ENV" },
          { part: "mounts[/proc.d]", from: "crisp", why: "kernel" },
          { part: "annotations[a.b/c]", from: "policy", why: "default_annotations" },
        ],
        clamped: [{ what: "capability", asked: "CAP_SYS_TIME", granted: "" }],
      });
    },
  });
  return { ...run, asked };
}

test("crisp spec lists the parts with their reasons and values", async () => {
  const { out, asked } = await crispSpec("-r", "gvisor");

  expect(asked).toEqual([["web", "main", "gvisor"]]);
  expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["PART", "FROM", "WHY", "VALUE"],
    ["process.args", "request", "command", expect.stringMatching(/^\["sh","-c","echo hello;.{0,50}…$/)],
    ["process.env[A]", "image", "ENV", '"A=1"'],
    ["mounts[/proc.d]", "crisp", "kernel", '{"destination":"/proc.d","type":"proc"}'],
    ["annotations[a.b/c]", "policy", "default_annotations", '"d"'],
    ["capability", "machine", "CAP_SYS_TIME: not granted", "-"],
    [""],
  ]);
});

test("crisp spec -o json prints the document as it is, with every digit", async () => {
  expect((await crispSpec("-o", "json")).out).toBe(`${configJson}\n`);
});
