import { createSystemClock, Fault, type ImageId, Stages, silentLogger } from "#foundation";
import { FakeHost } from "#host";
import type { Image, Images, ImageUse } from "#image";
import { FakeNetwork } from "#network";
import { FakeRuntime, type HandlerPolicy } from "#runtime";
import { type Codec, createMemoryJournal, type RecordTable, type SnapshotChange, type Snapshots } from "#store";
import type { NativeEngine } from "./engine.ts";
import type { Handler, HandlerSet } from "./handlers.ts";
import { openNativeEngine } from "./native-engine.ts";
import type { RetentionPolicy } from "./retention/plan.ts";

const image: Image = {
  id: `sha256:${"1a".repeat(32)}` as ImageId,
  repoTags: ["docker.io/library/busybox:latest"],
  repoDigests: [`docker.io/library/busybox@sha256:${"2b".repeat(32)}`],
  sizeBytes: 1,
  config: {
    user: "",
    env: [],
    entrypoint: [],
    cmd: ["sh"],
    workingDir: "",
    volumes: [],
    stopSignal: "",
    labels: {},
  },
  layers: [],
  annotations: {},
  isPinned: false,
};

const noPolicy: HandlerPolicy = {
  rlimits: [],
  defaultAnnotations: {},
  allowedAnnotations: [],
  givesDevicesToUser: false,
  hidesHostDevices: false,
  hasWritableCgroup: false,
};

/** A definition of a handler, and it alone. */
export function handlersOf(runtime: FakeRuntime, definition: string = runtime.handler): HandlerSet {
  const { handler: name } = runtime;
  const handler: Handler = {
    name,
    definition,
    type: "oci",
    program: name,
    runtime,
    policy: noPolicy,
    snapshotOptions: {},
  };
  return { defaultName: name, offered: [handler], retired: [] };
}

/** The durable part of a node: what a new engine finds of an old one. */
export class FakeNode {
  readonly host: FakeHost = new FakeHost();
  readonly network: FakeNetwork = new FakeNetwork();
  readonly runtime: FakeRuntime;
  /** Uses of the image that the signature policy was asked about. */
  readonly uses: ImageUse[] = [];
  /** Why the policy keeps the image out; undefined lets it in. */
  refusal: Fault | undefined;
  /** Who holds layers in the store. */
  readonly holders: Set<string> = new Set<string>();
  /** Which ended containers the engine removes by itself. */
  retention: RetentionPolicy = { maxEndedPerContainer: 0, minEndedAgeMs: 0 };
  /** How long what was killed has to end. */
  killTimeoutMs = 30_000;
  /** Whether the networks are the engine's alone. */
  ownsNetworks = false;
  readonly #journal = createMemoryJournal({ clock: createSystemClock(), logger: silentLogger });
  /** What containers have done to their roots beyond the files that are in them. */
  changes: readonly SnapshotChange[] = [];
  #opened = 0;
  /** Whether no record can be changed. */
  areRecordsFull = false;
  readonly #tables = new Map<string, Map<string, unknown>>();

  constructor({ runtime }: { readonly runtime?: FakeRuntime } = {}) {
    this.runtime = runtime ?? new FakeRuntime({ handler: "runc" });
    this.runtime.writeImages = async ({ imageDirectory, workDirectory }) => {
      await this.host.files.write(`${imageDirectory}/pages-1.img`, "memory");
      await this.host.files.write(`${workDirectory}/dump.log`, "done");
    };
  }

  /** Opens an engine on the node, as a (re)started daemon does. */
  async openEngine(): Promise<NativeEngine> {
    await this.host.files.makeDirectory("/etc");
    for (const path of ["/etc/hosts", "/etc/resolv.conf"]) await this.host.files.write(path, "");
    await this.host.files.makeDirectory("/var/lib/crisp");
    // Looks whether the sources of mounts are there: they are.
    this.host.processes.script(({ program }) => (program === "/bin/sh" ? {} : undefined));
    const clock = createSystemClock();
    return await openNativeEngine(
      {
        stateDirectory: "/run/crisp",
        programDirectory: "/var/lib/crisp/programs",
        cgroupParent: "/crisp",
        cgroupDriver: "cgroupfs",
        retention: this.retention,
        ownsNetworks: this.ownsNetworks,
        volumeTimeoutMs: 60_000,
        killTimeoutMs: this.killTimeoutMs,
        cdiDirectories: ["/etc/cdi", "/var/run/cdi"],
        blockioFile: "/etc/blockio.yaml",
      },
      {
        host: this.host,
        network: this.network,
        handlers: handlersOf(this.runtime),
        images: this.#images(),
        clock,
        logger: silentLogger,
        stages: new Stages(clock, [this.#journal]),
        journal: {
          events: this.#journal.events,
          isNew: this.#isNew(),
          findObjects: (text) => this.#journal.findObjects(text),
        },
        store: {
          directory: "/var/lib/crisp",
          records: (name, codec) => this.#table(name, codec),
          snapshots: this.#snapshots(),
          hold: (owner) => void this.holders.add(owner),
          release: (owner) => void this.holders.delete(owner),
          probe: () => undefined,
        },
      },
    );
  }

  /** Every record by table and id, encoded. */
  readonly records = (): Record<string, readonly unknown[]> =>
    Object.fromEntries([...this.#tables].map(([name, table]) => [name, [...table.values()]]));

  #images(): Pick<Images, "find" | "assertAllowed"> {
    return {
      find: (name) => (name === "busybox" || name === image.id ? image : undefined),
      assertAllowed: async (_, use) => {
        this.uses.push(use);
        if (this.refusal !== undefined) throw this.refusal;
      },
    };
  }

  #isNew(): boolean {
    this.#opened += 1;
    return this.#opened === 1;
  }

  #table<T>(name: string, codec: Codec<T>): RecordTable<T> {
    const stored = this.#tables.get(name) ?? new Map<string, unknown>();
    this.#tables.set(name, stored);
    const values = new Map([...stored].map(([id, value]) => [id, codec.decode(JSON.parse(String(value)))]));
    const put = (id: string, value: T): T => {
      if (this.areRecordsFull) throw new Fault("exhausted", "the disk of the records is full");
      values.set(id, value);
      stored.set(id, JSON.stringify(codec.encode(value)));
      return value;
    };
    const get = (id: string): T => {
      const value = values.get(id);
      if (value === undefined) throw new Fault("not-found", `record ${id}`);
      return value;
    };
    return {
      name,
      quarantined: [],
      find: (id) => values.get(id),
      get,
      all: () => values,
      list: () => [...values.values()],
      insert: (id, value) => void put(id, value),
      update: (id, change) => put(id, change(get(id))),
      remove: (id) => {
        if (this.areRecordsFull) throw new Fault("exhausted", "the disk of the records is full");
        stored.delete(id);
        return values.delete(id);
      },
    };
  }

  async *#changesOf(directory: string): AsyncGenerator<SnapshotChange> {
    yield* this.changes;
    for await (const entry of this.host.files.walkTree(directory)) yield { kind: "present", entry };
  }

  #snapshots(): Snapshots {
    const { files, mounts } = this.host;
    const directory = (id: string): string => `/var/lib/crisp/snapshots/${id}`;
    return {
      prepare: (id) => files.makeDirectory(directory(id)),
      mount: async (id, target) => {
        await files.makeDirectory(target);
        await mounts.mount({ source: "overlay", target, type: "overlay", flags: [] });
        await files.stat(directory(id));
      },
      mountView: async (_layers, target) => {
        await files.makeDirectory(target);
        await mounts.mount({ source: "layers", target, type: "overlay", flags: ["ro"] });
      },
      probeMapped: () => Promise.resolve(),
      unmount: (target) => mounts.unmount(target),
      remove: (id) => files.remove(directory(id)),
      has: () => true,
      list: () => [],
      usage: () => Promise.resolve({ usedBytes: 0n, inodes: 0n }),
      changes: (id) => this.#changesOf(directory(id)),
    };
  }
}
