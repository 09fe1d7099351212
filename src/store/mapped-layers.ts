import { join, relative } from "node:path";
import type { Host } from "#host";
import type { StorePaths } from "./paths.ts";
import type { MappedOwners } from "./types.ts";

export interface MappedLayersDeps {
  readonly paths: Pick<StorePaths, "layers" | "empty" | "mapped">;
  readonly host: Pick<Host, "files" | "mounts">;
}

/**
 * Shows layers with other owners for as long as overlay takes to be mounted over them.
 *
 * Overlay keeps what it was given, so that the mount itself is gone a moment later; one covers all layers, because they
 * are directories of one directory. A crash leaves one at most per mount that was being made, for `reconcile`.
 */
export class MappedLayers {
  readonly #deps: MappedLayersDeps;
  readonly #shown = new Set<string>();
  #lastNumber = 0;

  constructor(deps: MappedLayersDeps) {
    this.#deps = deps;
  }

  /** Takes away what a crash has left. */
  async reconcile(): Promise<void> {
    const { host, paths } = this.#deps;
    for (const name of await host.files.list(paths.mapped)) await this.#remove(join(paths.mapped, name));
  }

  /** Paths of those that are shown now. */
  knownPaths(): readonly string[] {
    return [...this.#shown];
  }

  /** Calls `use` with the same directories under other owners. */
  async with(
    lowers: readonly string[],
    { userNamespace }: MappedOwners,
    use: (mapped: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const { host, paths } = this.#deps;
    this.#lastNumber += 1;
    const target = join(paths.mapped, String(this.#lastNumber));
    const isEmpty = lowers[0] === paths.empty;
    const source = isEmpty ? paths.empty : paths.layers;
    this.#shown.add(target);
    try {
      await host.files.makeDirectory(target, { mode: 0o700 });
      await host.mounts.mountMapped({
        source,
        target,
        userNamespace,
        scope: "mount",
        propagation: "private",
        isReadonly: true,
      });
      await use(lowers.map((lower) => join(target, relative(source, lower))));
    } finally {
      await this.#remove(target);
      this.#shown.delete(target);
    }
  }

  async #remove(target: string): Promise<void> {
    const { host } = this.#deps;
    await host.mounts.unmount(target);
    await host.files.remove(target);
  }
}
