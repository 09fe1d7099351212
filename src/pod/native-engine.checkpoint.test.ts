import { describe, expect, test } from "vitest";
import { type ContainerId, Fault } from "#foundation";
import { TarReader } from "#wire";
import type { NativeEngine } from "./engine.ts";
import { FakeNode } from "./engine-fixture.ts";
import { containerConfig, sandboxConfig } from "./fixtures.ts";

const location = "/var/lib/crisp/web.tar";
const patient = { location, timeoutMs: 0, signal: new AbortController().signal };

interface Started {
  readonly node: FakeNode;
  readonly engine: NativeEngine;
  readonly id: ContainerId;
}

/** A node with a container that runs; what it needs of config.json is there, as a runtime's driver leaves it. */
async function started(): Promise<Started> {
  const node = new FakeNode();
  const engine = await node.openEngine();
  const id = await engine.createContainer(await engine.runSandbox(sandboxConfig(), ""), containerConfig());
  await engine.startContainer(id);
  await node.host.files.write(`/run/crisp/containers/${id}/config.json`, spec);
  return { node, engine, id };
}

const spec = '{"mounts":[{"destination":"/etc/hosts"}],"limit":18446744073709551615,"annotations":{"own":"kept"}}';

/** Content of an archive by the names in it; directories have none. */
function contentOf(archive: Buffer): Record<string, string> {
  const content: Record<string, string> = {};
  let last = "";
  const reader = new TarReader({
    entry: ({ path }) => {
      last = path;
      content[path] = "";
    },
    content: (bytes) => {
      content[last] += Buffer.from(bytes).toString("latin1");
    },
    hole: () => undefined,
    entryEnd: () => undefined,
  });
  reader.push(archive);
  reader.finish();
  return content;
}

/** Files that a checkpoint needs meanwhile. */
function leftovers({ host }: FakeNode): readonly string[] {
  return host.files.pathsBelow("/var/lib/crisp").filter((path) => /checkpoints\/.|\.tmp$/.test(path));
}

/** Begins a checkpoint that comes to no end by itself; answers, while the container stands still, with how it fails. */
async function beginEndless({ node, engine, id }: Started): Promise<{ readonly kind: Promise<unknown> }> {
  const standing = Promise.withResolvers<void>();
  node.runtime.writeImages = (_, signal) => {
    standing.resolve();
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error));
    });
  };
  const kind = engine.checkpointContainer(id, patient).catch((error: unknown) => Fault.from(error).kind);
  await standing.promise;
  return { kind };
}

/** Names of the host's acts in one undisturbed checkpoint, in order. */
async function actsOfCheckpoint(): Promise<readonly string[]> {
  const { node, engine, id } = await started();
  const before = node.host.acts.length;
  await engine.checkpointContainer(id, patient);
  return node.host.acts.slice(before).map(({ name }) => name);
}

describe("checkpointContainer()", async () => {
  const acts = (await actsOfCheckpoint()).map((name, index) => ({ name, index }));

  test.each(acts)("harms nothing when step $index ($name) fails, and its repeat takes all away", async ({ index }) => {
    const { node, engine, id } = await started();
    const failAt = node.host.acts.length + index + 1;
    node.host.intercept(() => {
      if (node.host.acts.length === failAt) throw new Fault("broken", "injected");
    });
    const failure = await engine.checkpointContainer(id, patient).catch((error: unknown) => error);
    const isWritten = (await node.host.files.stat(location)) !== undefined;
    const { state } = node.runtime.container(id);

    await engine.checkpointContainer(id, patient);

    // Only what comes after the archive is in its place may fail without a word to the caller.
    expect(isWritten).toBe(failure === undefined);
    expect(state).toBe("running");
    expect(leftovers(node)).toEqual([]);
    expect(JSON.stringify(node.records())).not.toContain("temporary");
  });

  test.each(acts)("is taken away by the next daemon when one dies at step $index ($name)", async ({ index }) => {
    const { node, engine, id } = await started();
    const dieAt = node.host.acts.length + index + 1;
    const died = Promise.withResolvers<void>();
    node.host.intercept(() => {
      if (node.host.acts.length !== dieAt) return undefined;
      died.resolve();
      return new Promise(() => undefined);
    });
    void engine.checkpointContainer(id, patient);
    await died.promise;

    await node.openEngine();

    await expect.poll(() => JSON.stringify(node.records())).not.toContain("temporary");
    expect(leftovers(node)).toEqual([]);
    expect(node.runtime.container(id).state).toBe("running");
  });
  test("writes an archive of images, changes, log and what tools show of it", async () => {
    const { node, engine, id } = await started();
    const { files } = node.host;
    const upper = `/var/lib/crisp/snapshots/${id}`;
    await files.makeDirectory(`${upper}/etc`);
    for (const name of ["etc/hosts", "etc/app"]) await files.write(`${upper}/${name}`, `content of ${name}`);
    const { logPath } = engine.getContainer(id);
    await files.write(logPath, "said");

    await engine.checkpointContainer(id, patient);

    const archive = contentOf(await files.read(location));
    expect(Object.keys(archive)).toEqual([
      "checkpoint/",
      "checkpoint/pages-1.img",
      "config.dump",
      "container.log",
      "dump.log",
      "rootfs-diff.tar",
      "spec.dump",
    ]);
    expect(archive["container.log"]).toBe("said");
    expect(contentOf(Buffer.from(archive["rootfs-diff.tar"] ?? "", "latin1"))).toEqual({
      "etc/": "",
      "etc/app": "content of etc/app",
    });
    expect(JSON.parse(archive["config.dump"] ?? "")).toMatchObject({ id, runtime: "runc", restored: false });
    expect(archive["spec.dump"]).toContain('"limit":18446744073709551615,"annotations":{"own":"kept",');
    expect(archive["spec.dump"]).toContain('"io.kubernetes.cri.container-name":');
    expect((await files.stat(location))?.mode).toBe(0o600);
    expect(leftovers(node)).toEqual([]);
    expect(node.runtime.container(id).state).toBe("running");
  });

  test("of which no record tells any more is removed by the next daemon", async () => {
    const { node, engine } = await started();
    await engine.close();
    const stray = `/var/lib/crisp/checkpoints/${"e".repeat(64)}`;
    await node.host.files.makeDirectory(stray);

    await node.openEngine();

    await expect.poll(() => leftovers(node)).toEqual([]);
  });

  test("lists what the container has removed of its image", async () => {
    const { node, engine, id } = await started();
    node.changes = [{ kind: "removed", name: "etc/gone" }];

    await engine.checkpointContainer(id, patient);

    const archive = contentOf(await node.host.files.read(location));
    expect(archive["deleted.files"]).toBe('["/etc/gone"]');
  });

  test("refuses what is no absolute path, what is not there, and what does not run, without touching anything", async () => {
    const { node, engine, id } = await started();

    await expect(engine.checkpointContainer(id, { ...patient, location: "web.tar" })).rejects.toMatchObject({
      kind: "invalid",
    });
    await expect(engine.checkpointContainer(id, { ...patient, location: "/not/web.tar" })).rejects.toMatchObject({
      kind: "not-found",
    });
    await engine.stopContainer(id, 0);
    await expect(engine.checkpointContainer(id, patient)).rejects.toMatchObject({ kind: "wrong-state" });

    expect(node.runtime.calls.filter((call) => call.startsWith("checkpoint"))).toEqual([]);
    expect(leftovers(node)).toEqual([]);
  });

  test("says why the runtime refuses, and leaves what an earlier checkpoint has written", async () => {
    const { node, engine, id } = await started();
    await node.host.files.write(location, "earlier");
    node.runtime.failNext("checkpoint", new Fault("unsupported", "runc was built without it"));

    await expect(engine.checkpointContainer(id, patient)).rejects.toMatchObject({
      kind: "unsupported",
      message: expect.stringContaining("runc was built without it") as string,
    });

    expect(await node.host.files.readText(location)).toBe("earlier");
    expect(leftovers(node)).toEqual([]);
    expect(node.runtime.container(id).state).toBe("running");
  });

  test("answers at its deadline, lets the images be completed for the container's sake, and takes them away", async () => {
    const { node, engine, id } = await started();
    const dump = Promise.withResolvers<void>();
    const signals: (AbortSignal | undefined)[] = [];
    node.runtime.writeImages = (_, signal) => {
      signals.push(signal);
      return dump.promise;
    };

    await expect(engine.checkpointContainer(id, { ...patient, timeoutMs: 20 })).rejects.toMatchObject({
      kind: "timed-out",
    });
    const during = [node.runtime.container(id).state, signals[0]?.aborted, leftovers(node).length > 0];
    dump.resolve();

    await expect.poll(() => leftovers(node)).toEqual([]);
    expect(during).toEqual(["paused", false, true]);
    expect(node.runtime.container(id).state).toBe("running");
    expect(await node.host.files.stat(location)).toBeUndefined();
  });

  test.each(["stopContainer", "removeContainer"] as const)("%s() does not wait for it", async (act) => {
    const { node, engine, id } = await started();
    const failure = await beginEndless({ node, engine, id });

    await engine[act](id, 0);

    expect(await failure.kind).toBe("canceled");
    expect(leftovers(node)).toEqual([]);
  });

  test("a command waits until the container moves again", async () => {
    const { node, engine, id } = await started();
    const dump = Promise.withResolvers<void>();
    const standing = Promise.withResolvers<void>();
    node.runtime.writeImages = () => {
      standing.resolve();
      return dump.promise;
    };
    const writing = engine.checkpointContainer(id, patient);
    await standing.promise;

    const running = engine.execSync(id, { command: ["true"], timeoutMs: 0, signal: patient.signal });
    await new Promise(setImmediate);
    const before = node.runtime.calls.includes(`execSync ${id}`);
    dump.resolve();

    expect(await running).toMatchObject({ exitCode: 0 });
    expect(before).toBe(false);
    await writing;
  });

  test("close() gives it up, so that no container stands still without a daemon", async () => {
    const { node, engine, id } = await started();
    const failure = await beginEndless({ node, engine, id });

    await engine.close();

    expect(await failure.kind).toBe("canceled");
    expect(node.runtime.container(id).state).toBe("running");
    expect(leftovers(node)).toEqual([]);
  });
});
