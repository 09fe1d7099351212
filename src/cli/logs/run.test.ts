import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  ContainerState,
  ContainerStatusResponseSchema,
  ReopenContainerLogResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

const id = "a".repeat(64);
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crisp-logs-"));
  await writeFile(join(directory, "0.log"), "2026-01-02T03:00:00Z stdout F the attempt before\n");
  await writeFile(
    join(directory, "1.log"),
    "2026-01-02T03:04:01Z stdout F one\n" +
      "2026-01-02T03:04:02Z stderr F bad\n" +
      "2026-01-02T03:04:03.5Z stdout P two \n" +
      "2026-01-02T03:04:03.6Z stdout F and a half\n",
  );
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function logs(
  args: readonly string[],
  attempt = 1,
  state: ContainerState = ContainerState.CONTAINER_EXITED,
): Promise<FakeRun & { readonly reopened: number }> {
  let reopened = 0;
  const run = await runCrisp(["logs", ...args, id], {
    containerStatus: async () =>
      create(ContainerStatusResponseSchema, {
        status: {
          id,
          metadata: { attempt },
          state,
          logPath: attempt < 2 ? join(directory, `${attempt}.log`) : "",
        },
      }),
    reopenContainerLog: async () => {
      reopened += 1;
      return create(ReopenContainerLogResponseSchema);
    },
  });
  return { ...run, reopened };
}

test("crisp logs puts each line where the container put it", async () => {
  const { out, err, failure } = await logs([]);

  expect(failure).toBeUndefined();
  expect(out).toBe("one\ntwo and a half\n");
  expect(err).toBe("bad\n");
});

test.each([
  [["--tail", "2"], "two and a half\n", ""],
  [["--tail", "-1", "-s", "stdout"], "one\ntwo and a half\n", ""],
  [["-s", "stderr"], "", "bad\n"],
  [["--since", "2s"], "two and a half\n", ""],
  [["--since", "2026-01-02T03:04:02Z"], "two and a half\n", "bad\n"],
  [["--since", "1767323042"], "two and a half\n", "bad\n"],
  [["--limit-bytes", "6"], "one\n", "ba"],
  [["--limit-bytes", "0"], "", ""],
  [["-f", "-s", "stderr"], "", "bad\n"],
  [["-p"], "the attempt before\n", ""],
  [["-t", "-s", "stderr"], "", "2026-01-02T03:04:02.000000000Z bad\n"],
])("crisp logs %j", async (args, expectedOut, expectedErr) => {
  const { out, err, failure } = await logs(args);

  expect(failure).toBeUndefined();
  expect(out).toBe(expectedOut);
  expect(err).toBe(expectedErr);
});

test("crisp logs -f ends at the limit though the container still runs", async () => {
  const { out } = await logs(["-f", "-s", "stdout", "--limit-bytes", "3"], 1, ContainerState.CONTAINER_RUNNING);

  expect(out).toBe("one");
});

test("crisp logs -r lets the runtime open the log anew", async () => {
  expect((await logs(["-r"])).reopened).toBe(1);
});

test.each([
  [["--since", "yesterday"], 1, "invalid"],
  [["-s", "stdin"], 1, "invalid"],
  [["-p"], 0, "not-found"],
  [[], 2, "invalid"],
])("crisp logs %j of attempt %i is a fault of kind %s", async (args, attempt, kind) => {
  expect((await logs(args, attempt)).failure).toMatchObject({ kind });
});
