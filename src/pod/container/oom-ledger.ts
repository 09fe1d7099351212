import { dirname } from "node:path";
import type { Cgroups } from "#host";

export interface OomLedgerDeps {
  readonly cgroups: Pick<Cgroups, "detail">;
  /** Cgroups of all containers that run. */
  readonly running: () => Iterable<string>;
}

/**
 * Tells out-of-memory kills in containers whose cgroup is gone before anybody could look into it, which is what systemd
 * does to a scope when its last process has ended.
 *
 * The cgroup above goes on counting the kills in all that ever were below it. Of its number, what is of no container that
 * runs, and was not there before, is of the one that has ended. Of two that end at once in one pod, the one that is asked
 * about first answers for both.
 */
export class OomLedger {
  readonly #deps: OomLedgerDeps;
  /** By the cgroup above: kills that are of no container that runs, and are accounted for. */
  readonly #settled = new Map<string, bigint>();

  constructor(deps: OomLedgerDeps) {
    this.#deps = deps;
  }

  /** To be told of each container before its program begins; what was told before may be told again. */
  began(cgroupPath: string): void {
    const parent = dirname(cgroupPath);
    if (this.#settled.has(parent)) return;
    const kills = this.#killsWithout(parent, cgroupPath);
    if (kills !== undefined) this.#settled.set(parent, kills);
  }

  /** Whether there was a kill in a container; to be asked once, when it has ended. */
  ended(cgroupPath: string): boolean {
    const parent = dirname(cgroupPath);
    const before = this.#settled.get(parent);
    const kills = this.#killsWithout(parent, cgroupPath);
    if (kills === undefined || this.#siblings(parent, cgroupPath).length === 0) this.#settled.delete(parent);
    else this.#settled.set(parent, kills);
    return before !== undefined && kills !== undefined && kills > before;
  }

  /** Kills below a cgroup that are not of its containers that run, one aside; undefined when it is gone. */
  #killsWithout(parent: string, aside: string): bigint | undefined {
    const all = this.#killsIn(parent);
    if (all === undefined) return undefined;
    return this.#siblings(parent, aside).reduce((left, path) => left - (this.#killsIn(path) ?? 0n), all);
  }

  #siblings(parent: string, aside: string): readonly string[] {
    return [...this.#deps.running()].filter((path) => path !== aside && dirname(path) === parent);
  }

  #killsIn(path: string): bigint | undefined {
    return this.#deps.cgroups.detail(path)?.memory.oomKills;
  }
}
