import { type Config, type RuntimeConfig, runtimeFromTable, runtimeToTable } from "#config";
import { allOrNothing, Fault, type Logger, messageOf } from "#foundation";
import type { Files } from "#host";
import type { Handler, HandlerSet } from "#pod";
import { policyOf } from "./policies.ts";
import { nameDefinition, type OpenedRuntime, type OpenRuntime } from "./runtimes.ts";

export interface HandlerKeeperDeps {
  readonly files: Pick<Files, "readText" | "stat" | "writeAtomic">;
  readonly logger: Logger;
  readonly open: OpenRuntime;
}

/** A definition of a handler that is in use, or may be. */
interface Kept extends OpenedRuntime {
  readonly name: string;
  readonly config: RuntimeConfig;
}

/**
 * Keeps the definitions of handlers for as long as pods have been made with them, whatever the configuration says by now,
 * and over restarts of the daemon.
 *
 * Invariant: a definition is in the file before the first pod is made with it.
 */
export class HandlerKeeper {
  readonly #path: string;
  readonly #deps: HandlerKeeperDeps;
  #kept: ReadonlyMap<string, Kept> = new Map();
  #offered: ReadonlySet<string> = new Set();

  constructor(path: string, deps: HandlerKeeperDeps) {
    this.#path = path;
    this.#deps = deps;
  }

  /** Opens what an earlier daemon kept. What cannot be read of it is said in the log: the node starts without. */
  async recover(): Promise<void> {
    const kept = new Map<string, Kept>();
    for (const [definition, { name, config }] of await this.#read()) {
      try {
        kept.set(definition, await this.#open(definition, name, config));
      } catch (error) {
        this.#deps.logger.error("a handler of earlier pods cannot be opened", { definition, error: messageOf(error) });
      }
    }
    this.#kept = kept;
  }

  /** The handlers of a configuration, and those that pods may have of earlier ones. On a throw nothing has changed. */
  async take({ runtimes, defaultRuntime }: Pick<Config, "runtimes" | "defaultRuntime">): Promise<HandlerSet> {
    const definitions = new Map(
      Object.entries(runtimes).map(([name, config]) => [nameDefinition(name, config), { name, config }] as const),
    );
    this.#kept = await allOrNothing(
      async (undo) => {
        const next = new Map(this.#kept);
        for (const [definition, { name, config }] of definitions) {
          const there = next.get(definition);
          const opened = there ?? (await this.#open(definition, name, config));
          if (there === undefined) undo.push({ name: `close handler ${name}`, run: () => opened.close() });
          next.set(definition, { ...opened, name, config });
        }
        await this.#write(next);
        return next;
      },
      (leftovers) => this.#deps.logger.warn("handlers were not closed", { leftovers }),
    );
    this.#offered = new Set(definitions.keys());
    return this.#set(defaultRuntime);
  }

  /** Lets go of what is neither offered nor used; undefined when there is none. */
  async release(inUse: ReadonlySet<string>, defaultRuntime: string): Promise<HandlerSet | undefined> {
    const [wanted, others] = [new Map<string, Kept>(), new Map<string, Kept>()];
    for (const [definition, kept] of this.#kept) {
      const isWanted = this.#offered.has(definition) || inUse.has(definition);
      (isWanted ? wanted : others).set(definition, kept);
    }
    if (others.size === 0) return undefined;
    await this.#write(wanted);
    this.#kept = wanted;
    for (const kept of others.values()) await kept.close();
    return this.#set(defaultRuntime);
  }

  /** Ends the daemon's hold on all runtimes. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept.values()].map((kept) => kept.close()));
  }

  #set(defaultName: string): HandlerSet {
    const handlers = [...this.#kept].map(([definition, kept]) => handlerOf(definition, kept));
    return {
      defaultName,
      offered: handlers.filter(({ definition }) => this.#offered.has(definition)),
      retired: handlers.filter(({ definition }) => !this.#offered.has(definition)),
    };
  }

  async #open(definition: string, name: string, config: RuntimeConfig): Promise<Kept> {
    const latest = (): RuntimeConfig => this.#kept.get(definition)?.config ?? config;
    return { name, config, ...(await this.#deps.open(name, config, latest)) };
  }

  async #read(): Promise<readonly (readonly [string, Definition])[]> {
    const { files, logger } = this.#deps;
    if ((await files.stat(this.#path)) === undefined) return [];
    try {
      return decode(JSON.parse(await files.readText(this.#path)));
    } catch (error) {
      const facts = { file: this.#path, error: messageOf(error) };
      logger.error("the handlers of earlier pods cannot be read: pods keep those of the same name", facts);
      return [];
    }
  }

  async #write(kept: ReadonlyMap<string, Kept>): Promise<void> {
    const entries = [...kept].map(([definition, { name, config }]) => [
      definition,
      { name, settings: runtimeToTable(name, config) },
    ]);
    await this.#deps.files.writeAtomic(this.#path, JSON.stringify(Object.fromEntries(entries)), { mode: 0o600 });
  }
}

interface Definition {
  readonly name: string;
  readonly config: RuntimeConfig;
}

/** @throws Fault `broken` */
function decode(value: unknown): readonly (readonly [string, Definition])[] {
  return Object.entries(asObject(value)).map(([definition, entry]) => {
    const { name, settings } = asObject(entry);
    if (typeof name !== "string") throw new Fault("broken", `definition ${definition}: has no name`);
    return [definition, { name, config: runtimeFromTable(name, settings) }] as const;
  });
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new Fault("broken", "definitions of handlers: no object");
  return { ...value };
}

function handlerOf(definition: string, { name, config, runtime }: Kept): Handler {
  const { type, path: program, cniConfDir, snapshotOptions } = config;
  const network = cniConfDir === "" ? {} : { cniConfDir };
  return { name, definition, type, program, runtime, policy: policyOf(config), ...network, snapshotOptions };
}
