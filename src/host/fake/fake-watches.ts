import { dirname } from "node:path";
import type { WatchDirectoryOptions } from "../types.ts";

interface FakeWatch {
  readonly path: string;
  readonly options: WatchDirectoryOptions;
  timer: NodeJS.Timeout | undefined;
}

/** Who watches which directory of a fake machine. */
export class FakeWatches {
  readonly #watches = new Set<FakeWatch>();

  add(path: string, options: WatchDirectoryOptions): { close(): void } {
    const watch: FakeWatch = { path, options, timer: undefined };
    this.#watches.add(watch);
    return {
      close: () => {
        clearTimeout(watch.timer);
        this.#watches.delete(watch);
      },
    };
  }

  /** Something was made, written or removed at a path. */
  changed(path: string): void {
    for (const watch of this.#watches) {
      // The directory itself, one above it, or an entry of it.
      if (`${watch.path}/`.startsWith(`${path}/`) || dirname(path) === watch.path) settle(watch);
    }
  }
}

function settle(watch: FakeWatch): void {
  watch.timer ??= setTimeout(() => {
    watch.timer = undefined;
    watch.options.onChange();
  }, watch.options.settleMs);
}
