import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import { Fault, silentLogger } from "#foundation";
import { createLinuxHost, type Host } from "#host";
import { digestOf, hexOf } from "#spec";
import { openStore, type Store } from "#store";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";

let workspace: Workspace;
let root = "";
let host: Host;
let store: Store;

beforeEach(async () => {
  workspace = await openWorkspace("st");
  root = path.join(workspace.dir, "root");
  host = await createLinuxHost({ path: process.env["PATH"] ?? "" });
  store = await openStore({ directory: root, host, logger: silentLogger });
});

afterEach(async () => {
  await store.close();
  await workspace.close();
});

describe("content that comes again", () => {
  const [first, second] = [Buffer.from("first"), Buffer.from("second")];

  /** Opens the store on files that are removed only once the test lets them, and tells when the first is to be. */
  async function openHeld(): Promise<{ readonly isRemoving: Promise<void>; readonly goOn: () => void }> {
    await store.close();
    const [removing, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const files = new Proxy(host.files, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        if (name !== "remove") return member.bind(target) as unknown;
        return async (file: string): Promise<void> => {
          removing.resolve();
          await held.promise;
          await target.remove(file);
        };
      },
    });
    store = await openStore({ directory: root, host: { ...host, files }, logger: silentLogger });
    return { isRemoving: removing.promise, goOn: held.resolve };
  }

  it("while what was here is being collected stays", async () => {
    for (const bytes of [first, second]) await store.blobs.put(digestOf(bytes), bytes);
    const { isRemoving, goOn } = await openHeld();
    const collecting = store.collectGarbage();
    await isRemoving;

    const lease = store.lease();
    lease.addBlob(digestOf(second));
    await store.blobs.put(digestOf(second), second);
    goOn();
    await collecting;

    expect((await store.blobs.read(digestOf(second))).toString()).toBe("second");
    expect(store.blobs.has(digestOf(first))).toBe(false);
    lease.close();
  });

  it("while what was half-made is being removed after a start stays", async () => {
    for (const bytes of [first, second])
      await writeFile(path.join(root, "blobs/sha256", hexOf(digestOf(bytes))), bytes);
    const { isRemoving, goOn } = await openHeld();
    await isRemoving;
    const isSecondLast = hexOf(digestOf(first)) < hexOf(digestOf(second));
    const last = isSecondLast ? second : first;

    const lease = store.lease();
    lease.addBlob(digestOf(last));
    await store.blobs.put(digestOf(last), last);
    goOn();
    await store.collectGarbage();

    expect(await store.blobs.read(digestOf(last))).toEqual(last);
    lease.close();
  });
});

test("a layer that cannot be begun, on a disk that fills between its two directories, leaves nothing", async () => {
  const make = host.files.makeDirectory.bind(host.files);
  const full = vi.spyOn(host.files, "makeDirectory").mockImplementation(async (directory, options) => {
    if (directory.endsWith("/fs")) throw new Fault("exhausted", `make ${directory}: no space left on device`);
    await make(directory, options);
  });

  await expect(store.layers.stage()).rejects.toMatchObject({ kind: "exhausted" });
  full.mockRestore();

  expect(await readdir(path.join(root, "layers"))).toEqual([]);
});
