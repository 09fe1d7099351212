import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Fault } from "#foundation";
import { PullImageResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { LayerStage, type PullProgress, PullProgressSchema } from "#proto/crisp/v1/admin_pb.js";
import { type FakeAnswers, runCrisp } from "../fake/fake-session.ts";

const layer = { digest: "sha256:aaaaaaaaaaaaaaaaaaaa", totalBytes: 4_000_000n };
const below = { digest: "sha256:bbbbbbbbbbbbbbbbbbbb", totalBytes: 50n, stage: LayerStage.EXISTS };
const states: MessageInitShape<typeof PullProgressSchema>[] = [
  { layers: [] },
  { layers: [below, { ...layer, stage: LayerStage.DOWNLOADING, receivedBytes: 2_000_000n }] },
  { layers: [below, { ...layer, stage: LayerStage.UNPACKING, receivedBytes: 4_000_000n }] },
  { layers: [below, { ...layer, stage: LayerStage.DONE, receivedBytes: 4_000_000n }], imageRef: "sha256:1" },
];

async function* pulling(): AsyncGenerator<PullProgress> {
  for (const state of states) yield create(PullProgressSchema, state);
}

const crispd: FakeAnswers = { pullWithProgress: pulling };

test("crisp pull tells of each layer once where nobody watches", async () => {
  const { out, err } = await runCrisp(["pull", "web:1"], crispd);

  expect(err).toBe("bbbbbbbbbbbbb: exists (50B)\naaaaaaaaaaaaa: done (4MB)\n");
  expect(out).toBe("Image is up to date for sha256:1\n");
});

test("crisp pull draws bars over each other on a terminal", async () => {
  const { err } = await runCrisp(["pull", "web:1"], crispd, {}, { columns: 70, rows: 10 });

  const drawn = err.split("\u001b[2A").map((frame) => frame.replaceAll("\u001b[2K", ""));
  expect(drawn).toHaveLength(3);
  expect(drawn[0]).toContain("aaaaaaaaaaaaa  downloading  [===============>              ]  2MB/4MB\n");
  expect(drawn[2]).toContain("aaaaaaaaaaaaa  done  ");
});

test("crisp pull shows what is worked on where the screen is too small for all", async () => {
  const { err } = await runCrisp(["pull", "web:1"], crispd, {}, { columns: 30, rows: 2 });

  expect(err).toContain("1 of 2 layers finished\n");
});

test("crisp pull --json prints each state as a line", async () => {
  const { out, err } = await runCrisp(["pull", "--json", "web:1"], crispd);

  const events = out.trimEnd().split("\n");
  expect(events.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { layers: [] },
    { layers: [{ stage: "exists" }, { stage: "downloading", receivedBytes: "2000000", totalBytes: "4000000" }] },
    { layers: [{}, { stage: "unpacking" }] },
    { layers: [{}, { stage: "done" }], imageRef: "sha256:1" },
  ]);
  expect(err).toBe("");
});

test("crisp pull asks other runtimes as CRI has it", async () => {
  const asked: unknown[] = [];
  const pullImage: NonNullable<FakeAnswers["pullImage"]> = async ({ image, auth }) => {
    asked.push([image?.image, auth]);
    return create(PullImageResponseSchema, { imageRef: "sha256:2" });
  };

  const { out } = await runCrisp(["pull", "--creds", "me:pw", "web:1"], { pullImage });

  expect(asked).toEqual([["web:1", { username: "me", password: "pw" }]]);
  expect(out).toBe("Image is up to date for sha256:2\n");
});

test("crisp pull fails as the pull does", async () => {
  const failing: FakeAnswers = {
    pullWithProgress: () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Fault("not-found", "pull web:1: no such")) }),
    }),
  };

  expect((await runCrisp(["pull", "web:1"], failing)).failure).toMatchObject({ kind: "not-found" });
});
