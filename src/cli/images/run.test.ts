import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ListImagesResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

const digest = `sha256:${"d".repeat(64)}`;
const images = [
  { id: `sha256:${"2".repeat(64)}`, repoTags: ["localhost:5000/web:1", "localhost:5000/web:2"], size: 1_146_369n },
  { id: `sha256:${"1".repeat(64)}`, repoTags: ["a/b:1"], repoDigests: [`a/b@${digest}`], size: 742n, pinned: true },
  { id: `sha256:${"3".repeat(64)}`, repoDigests: [`z/y@${digest}`], size: 0n },
];

function run(...args: readonly string[]): Promise<FakeRun> {
  return runCrisp(["images", ...args], { listImages: async () => create(ListImagesResponseSchema, { images }) });
}

test("crisp images lists a line for each name, sorted", async () => {
  const { out } = await run("--digests", "--pinned");

  expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["IMAGE", "TAG", "DIGEST", "IMAGE ID", "SIZE", "PINNED"],
    ["a/b", "1", "ddddddddddddd", "1111111111111", "742B", "true"],
    ["localhost:5000/web", "1", "<none>", "2222222222222", "1.15MB", "false"],
    ["localhost:5000/web", "2", "<none>", "2222222222222", "1.15MB", "false"],
    ["z/y", "<none>", "ddddddddddddd", "3333333333333", "0B", "false"],
    [""],
  ]);
});

test.each([
  [["-f", "dangling=true"], ["3"]],
  [
    ["-f", "dangling=false"],
    ["1", "2"],
  ],
  [["-f", "reference=web$"], ["2"]],
  [["-f", "reference=^z/y$"], ["3"]],
  [["-f", "since=localhost:5000/web:2"], ["1"]],
  [["-f", `before=${"2".repeat(12)}`], ["3"]],
  [["-f", "dangling=false", "-f", "reference=a/b"], ["1"]],
])("crisp images %j", async (args, expected) => {
  const { out } = await run("-q", ...args);

  expect(out).toBe(expected.map((digit) => `sha256:${digit.repeat(64)}\n`).join(""));
});

test.each([["size=1"], ["dangling=maybe"], ["before=missing"], ["x"]])(
  "crisp images -f %s is misuse",
  async (filter) => {
    expect((await run("-f", filter)).failure).toMatchObject({ kind: "invalid" });
  },
);

test("crisp images --no-trunc shows whole ids", async () => {
  expect((await run("--no-trunc")).out).toContain(`sha256:${"1".repeat(64)}`);
});

test("crisp images -v shows every name", async () => {
  expect((await run("-v", "-f", "reference=a/b")).out).toBe(
    `ID: sha256:${"1".repeat(64)}\nRepoTags: a/b:1\nRepoDigests: a/b@${digest}\nSize: 742\nPinned: true\n\n`,
  );
});

test("crisp images -o json is protobuf's JSON", async () => {
  expect(JSON.parse((await run("-o", "json")).out)).toMatchObject({ images: [{ size: "742", pinned: true }, {}, {}] });
});
