import { basename } from "node:path";
import { hostFault } from "../faults.ts";
import { planMountSteps } from "../mounts/mount-flags.ts";
import type { MappedMountRequest, MountEntry, MountRequest, Mounts } from "../mounts/types.ts";
import type { FakeActs } from "./fake-acts.ts";
import type { FakeFileTree } from "./fake-file-tree.ts";

/** A mount table in memory, newest last. */
export class FakeMounts implements Mounts {
  readonly #tree: FakeFileTree;
  readonly #acts: FakeActs;
  readonly #entries: MountEntry[] = [];

  constructor(tree: FakeFileTree, acts: FakeActs) {
    this.#tree = tree;
    this.#acts = acts;
  }

  /** The table now, for the other parts of the fake and for tests. */
  get entries(): readonly MountEntry[] {
    return this.#entries;
  }

  async mount(request: MountRequest): Promise<void> {
    const { source, target, type, flags } = request;
    await this.#acts.begin("mounts.mount", target);
    try {
      this.#tree.get(target);
      const isBind = flags.includes("bind") || flags.includes("rbind");
      if (isBind) this.#tree.get(source);
      const changesOnly = flags.includes("remount") || planMountSteps(flags).first === undefined;
      if (changesOnly) return;
      const options = flags.includes("ro") ? "ro,relatime" : "rw,relatime";
      const root = isBind ? source : "/";
      this.add({ target, root, type: isBind ? "ext4" : type, source, options, propagation: [] });
    } catch (error) {
      throw hostFault(`mount ${type === "" ? source : type} on ${target}`, error);
    }
  }

  async mountMapped({ source, target, userNamespace, isReadonly }: MappedMountRequest): Promise<void> {
    await this.#acts.begin("mounts.mountMapped", target);
    try {
      for (const path of [source, userNamespace]) this.#tree.get(path);
      const { children } = this.#tree.directoryOf(target);
      const name = basename(target);
      if (!children.has(name)) children.set(name, this.#tree.make(this.#tree.get(source).kind, 0o755));
    } catch (error) {
      throw hostFault(`map the owners of ${source} at ${target}`, error);
    }
    const options = `${isReadonly ? "ro" : "rw"},relatime,idmapped`;
    this.add({ target, root: source, type: "ext4", source, options, propagation: [] });
  }

  async unmount(target: string): Promise<void> {
    await this.#acts.begin("mounts.unmount", target);
    this.detach(target);
  }

  async list(): Promise<readonly MountEntry[]> {
    return [...this.#entries];
  }

  add(entry: MountEntry): void {
    this.#entries.push(entry);
  }

  /** Takes the newest mount on a target away, with those below it; whether there was one. */
  detach(target: string): boolean {
    const index = this.#entries.findLastIndex((entry) => entry.target === target);
    if (index < 0) return false;
    this.#entries.splice(index, 1);
    const isCovered = this.#entries.some((entry) => entry.target === target);
    const above = isCovered ? [] : this.#entries.filter((entry) => entry.target.startsWith(`${target}/`));
    for (const entry of above) this.#entries.splice(this.#entries.indexOf(entry), 1);
    return true;
  }
}
