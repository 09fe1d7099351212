import { join } from "node:path";
import type { Files } from "#host";
import { pluginMissing } from "./faults.ts";

/** Where plugins' programs are; each is looked up once in the life of this object. */
export class PluginPaths {
  readonly #files: Pick<Files, "stat">;
  readonly #binDirs: readonly string[];
  readonly #found = new Map<string, string>();

  constructor(files: Pick<Files, "stat">, binDirs: readonly string[]) {
    this.#files = files;
    this.#binDirs = binDirs;
  }

  /** CNI_PATH: plugins look for the plugins that they call (IPAM) there. */
  get searchPath(): string {
    return this.#binDirs.join(":");
  }

  /** The program of a plugin. @throws Fault `unavailable` when no directory has it */
  async get(plugin: string): Promise<string> {
    const known = this.#found.get(plugin);
    if (known !== undefined) return known;
    const path = await this.#search(plugin);
    if (path === undefined) throw pluginMissing(plugin, this.#binDirs);
    this.#found.set(plugin, path);
    return path;
  }

  async #search(plugin: string): Promise<string | undefined> {
    for (const directory of this.#binDirs) {
      const path = join(directory, plugin);
      const stat = await this.#files.stat(path);
      if (stat?.kind === "file" || stat?.kind === "symlink") return path;
    }
    return undefined;
  }
}
