import { basename } from "node:path";
import { Fault } from "#foundation";
import type { InterfaceCounters } from "#spec";
import { hostFault } from "../faults.ts";
import { planSysctls } from "../namespaces/sysctls.ts";
import type { Namespaces, PinNamespacesOptions, PinnedNamespaceKind } from "../types.ts";
import type { FakeActs } from "./fake-acts.ts";
import type { FakeFileTree } from "./fake-file-tree.ts";
import type { FakeMounts } from "./fake-mounts.ts";

/** A namespace that a pin keeps alive. */
export interface FakeNamespace {
  readonly kind: PinnedNamespaceKind | "user";
  readonly hostname: string | undefined;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly loopbackUp: boolean;
}

/** Where the kernel numbers its namespaces from. */
const firstNamespace = 4_026_532_000;

/** Namespaces in memory: each is a file and an entry of the mount table. */
export class FakeNamespaces implements Namespaces {
  readonly #parts: { readonly tree: FakeFileTree; readonly acts: FakeActs; readonly mounts: FakeMounts };
  readonly #pinned = new Map<string, FakeNamespace>();
  readonly #counters = new Map<string, readonly InterfaceCounters[]>();
  #made = 0;

  constructor(parts: { readonly tree: FakeFileTree; readonly acts: FakeActs; readonly mounts: FakeMounts }) {
    this.#parts = parts;
  }

  /** What is pinned now, by the path of the pin. */
  get pinned(): ReadonlyMap<string, FakeNamespace> {
    return this.#pinned;
  }

  async pin(options: PinNamespacesOptions): Promise<void> {
    const kinds = Object.keys(options.pins) as PinnedNamespaceKind[];
    const user = options.user === undefined ? {} : { user: options.user.path };
    const pins = Object.entries({ ...user, ...options.pins }) as [FakeNamespace["kind"], string][];
    const sysctls = options.sysctls ?? {};
    planSysctls(sysctls, kinds);
    for (const [, path] of pins) await this.#parts.acts.begin("namespaces.pin", path);
    try {
      for (const [, path] of pins) this.#parts.tree.directoryOf(path);
    } catch (error) {
      throw hostFault("make namespace pins", error);
    }
    const { hostname, loopbackUp = false } = options;
    for (const [kind, path] of pins) this.#add(path, { kind, hostname, sysctls, loopbackUp });
  }

  async unpin(path: string): Promise<void> {
    await this.#parts.acts.begin("namespaces.unpin", path);
    if (this.#parts.tree.find(path, "keep") === undefined) return;
    this.#parts.mounts.detach(path);
    this.#pinned.delete(path);
    this.#parts.tree.directoryOf(path).children.delete(basename(path));
  }

  /** Says what has passed through the interfaces of a namespace; before, it has none. */
  count(path: string, counters: readonly InterfaceCounters[]): void {
    this.#counters.set(path, counters);
  }

  async networkCounters(path: string): Promise<readonly InterfaceCounters[]> {
    await this.#parts.acts.begin("namespaces.networkCounters", path);
    if (!this.#pinned.has(path))
      throw new Fault("not-found", `count the traffic of ${path}: no such file or directory`);
    return this.#counters.get(path) ?? [];
  }

  #add(path: string, namespace: FakeNamespace): void {
    const { tree, mounts } = this.#parts;
    const file = tree.find(path) ?? tree.make("file", 0o444);
    tree.directoryOf(path).children.set(basename(path), file);
    const root = `${namespace.kind}:[${firstNamespace + this.#made}]`;
    this.#made += 1;
    mounts.add({ target: path, root, type: "nsfs", source: "nsfs", options: "rw", propagation: [] });
    this.#pinned.set(path, namespace);
  }
}
