import type { Kind } from "./kinds.ts";
import type { HostPort, SocketPath } from "./types.ts";

/** One thing an operator can set. Its key is its place in the table: `cni.confDir` is `cni.conf_dir` in files. */
export interface Setting<T> {
  readonly kind: Kind<T>;
  readonly fallback: T;
  /** The flag of crispd that sets it, where there is one. */
  readonly flag?: `--${string}`;
  /** One line for help and for the printed configuration. */
  readonly about: string;
  /** A change waits for the next start; all others take effect when the daemon is told to read its files anew. */
  readonly needsRestart?: true;
}

type Leaf = string | number | boolean | readonly unknown[] | HostPort | SocketPath | undefined;

/** A table of settings that has exactly the shape of what it configures. */
export type SettingsOf<Shape> = {
  readonly [Name in keyof Shape]: Shape[Name] extends Leaf ? Setting<Shape[Name]> : SettingsOf<Shape[Name]>;
};
