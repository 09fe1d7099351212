import { isDeepStrictEqual } from "node:util";
import { listRuntimeSettings, listSettings } from "./settings.ts";
import type { Config } from "./types.ts";
import { valueAt } from "./value-at.ts";

/** A setting that has another value than before. */
export interface ConfigChange {
  /** As files spell it: `images.keep_blobs`. */
  readonly key: string;
  /** As files have it; undefined where a runtime was not configured. */
  readonly before: unknown;
  readonly after: unknown;
  readonly needsRestart: boolean;
}

/** What differs between two configurations, in the order of the table of settings. */
export function listChanges(before: Config, after: Config): readonly ConfigChange[] {
  const names = new Set([...Object.keys(before.runtimes), ...Object.keys(after.runtimes)]);
  const all = [...listSettings(), ...[...names].flatMap(listRuntimeSettings)];
  return all.flatMap(({ key, setting }) => {
    const [old, now] = [valueAt(before, key), valueAt(after, key)];
    if (isDeepStrictEqual(old, now)) return [];
    const shown = (value: unknown): unknown => (value === undefined ? undefined : setting.kind.toFile(value));
    return [{ key, before: shown(old), after: shown(now), needsRestart: setting.needsRestart === true }];
  });
}
