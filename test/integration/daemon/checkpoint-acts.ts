import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { Fault } from "#foundation";
import { ContainerState } from "#proto/cri/v1/runtime_pb.js";
import { slowness } from "../../support/slowness.ts";
import { waitFor } from "../../support/wait-for.ts";
import type { DaemonFixture } from "./daemon-fixture.ts";
import { containerStatus, execSync, readLog, runPod, startShell, type TestPod } from "./pod-acts.ts";

/** Changes its root, and then says numbers, one after another. */
const counting = `mkdir /made && echo written >/made/file && rm /bin/ls
i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done`;

export interface Counting {
  readonly pod: TestPod;
  readonly containerId: string;
}

/** Starts a container by whose log it can be seen whether it moves. @param first what it does before */
export async function startCounting(fixture: DaemonFixture, first = "true"): Promise<Counting> {
  const pod = await runPod(fixture);
  const containerId = await startShell(fixture, pod, `${first}; ${counting}`);
  await waitFor("it to count", async () => (await lastSaid(pod)) > 1);
  return { pod, containerId };
}

/** Fails unless the container goes on with what it did, from where it was, and takes commands. */
export async function expectGoesOn({ client }: DaemonFixture, { pod, containerId }: Counting): Promise<void> {
  const { state } = await containerStatus(client, containerId);
  const before = await lastSaid(pod);
  await waitFor("it to go on counting", async () => (await lastSaid(pod)) > before);
  const said = (await readLog(pod)).map(({ text }) => Number(text));
  expect(said).toEqual(said.map((_, index) => index + 1));
  const { exitCode } = await execSync(client, containerId, ["true"]);
  expect([state, exitCode]).toEqual([ContainerState.CONTAINER_RUNNING, 0]);
}

interface Beginning {
  readonly containerId: string;
  readonly location: string;
  /** What is there as soon as the container is read. */
  readonly firstFile: string;
  /** @default nobody gives up */
  readonly signal?: AbortSignal;
}

/** Begins a checkpoint, and returns when the container is being read, with how the checkpoint will have ended. */
export async function beginCheckpoint(
  { client, crispd }: DaemonFixture,
  { containerId, location, firstFile, signal }: Beginning,
): Promise<{ readonly outcome: Promise<string> }> {
  const options = { timeoutMs: 60_000 * slowness, ...(signal === undefined ? {} : { signal }) };
  const outcome = client.checkpointContainer({ containerId, location }, options).then(
    () => "written",
    (error: unknown) => Fault.from(error).kind,
  );
  const file = path.join(crispd.root, "checkpoints", containerId, firstFile);
  const begun = waitFor("the container to be read", () => Promise.resolve(existsSync(file)));
  const tooSoon = outcome.then((how) => {
    throw new Error(`the checkpoint ended before it was seen: ${how}`);
  });
  await Promise.race([begun, tooSoon]);
  return { outcome };
}

/** Waits until a checkpoint that was given up has left nothing. */
export async function nothingIsLeft(fixture: DaemonFixture, location: string): Promise<void> {
  await waitFor("nothing to be left", async () => (await leftIn(fixture)).length === 0);
  expect(await readdir(path.dirname(location))).toEqual([]);
}

/** An empty directory for archives. */
export async function archivesIn({ workspace }: DaemonFixture): Promise<string> {
  const directory = path.join(workspace.dir, "archives");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  return directory;
}

/** What checkpoints have left where they are put together. */
export async function leftIn({ crispd }: DaemonFixture): Promise<readonly string[]> {
  return await readdir(path.join(crispd.root, "checkpoints"));
}

async function lastSaid(pod: TestPod): Promise<number> {
  return Number((await readLog(pod)).at(-1)?.text ?? 0);
}
