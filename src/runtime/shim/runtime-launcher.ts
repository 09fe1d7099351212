import { createHash } from "node:crypto";
import { join } from "node:path";
import { doneOnce, isFault, type Logger } from "#foundation";
import type { Host } from "#host";
import { dividesCgroups, readUsage } from "../conmon/command-usage.ts";
import { ensureProgram, quoteForShell } from "../own-program.ts";
import { isRuncShim, type OptionValue } from "./runtime-options.ts";

export interface LauncherSettings {
  readonly shimPath: string;
  readonly programDirectory: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}

export interface LauncherDeps {
  readonly host: Pick<Host, "files" | "processes" | "cgroups">;
  readonly logger: Logger;
}

const defaultRuntime = "runc";

/** The runtime beneath runc's shim. */
export function runtimeBeneath({ options }: Pick<LauncherSettings, "options">): string {
  const { binary_name: name } = options;
  return typeof name === "string" && name !== "" ? name : defaultRuntime;
}

/** Where a launcher finds the part of a cgroup that a command is to be put into. */
export function partNote(bundleDirectory: string, execId: string): string {
  return join(bundleDirectory, `${execId}.cgroup`);
}

/**
 * The program that runc's shim calls in place of the runtime, where that can put commands into parts of cgroups.
 *
 * Neither the shim nor its interface know of those. The launcher is a few lines of shell that become the runtime; for an
 * `exec` it looks for a note, beside the pid file that the shim asks for, and adds the part that stands there. It is named
 * in what a shim keeps of a container, so it stays where it is for good.
 */
export class RuntimeLauncher {
  readonly #settings: LauncherSettings;
  readonly #deps: LauncherDeps;
  readonly #ensured = doneOnce(() => this.#ensure());

  constructor(settings: LauncherSettings, deps: LauncherDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /** Its path; undefined where it would be of no use. It is made once. */
  async path(): Promise<string | undefined> {
    if (!isRuncShim(this.#settings.shimPath)) return undefined;
    return await this.#ensured();
  }

  async #ensure(): Promise<string | undefined> {
    const { host } = this.#deps;
    const runtime = this.#locate();
    if (runtime === undefined) return undefined;
    const usage = await readUsage(this.#deps, runtime, ["exec", "--help"]);
    if (!dividesCgroups(usage, host.cgroups.version)) return undefined;
    const text = scriptFor(runtime);
    const name = createHash("sha256").update(text).digest("hex").slice(0, 12);
    return await ensureProgram(host, join(this.#settings.programDirectory, `runtime-${name}`), text);
  }

  /** Undefined when there is none: the shim says that better when it looks for it. */
  #locate(): string | undefined {
    try {
      return this.#deps.host.processes.locate(runtimeBeneath(this.#settings));
    } catch (error) {
      if (isFault(error, "not-found")) return undefined;
      throw error;
    }
  }
}

/** POSIX shell, without any other program: it runs before each call of the runtime. */
function scriptFor(runtime: string): string {
  return `#!/bin/sh
before= note=
for word; do
  case $before in --pid-file) note=\${word%.pid}.cgroup ;; esac
  before=$word
done
part=
if [ -n "$note" ] && [ -f "$note" ] && read -r part <"$note"; then
  for word; do
    shift
    set -- "$@" "$word"
    if [ "$word" = exec ] && [ -n "$part" ]; then
      set -- "$@" --cgroup "$part"
      part=
    fi
  done
fi
exec ${quoteForShell(runtime)} "$@"
`;
}
