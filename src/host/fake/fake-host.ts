import type { Socket } from "node:net";
import { capabilityNames } from "#spec";
import type { CgroupVersion } from "../cgroups/types.ts";
import { lockHeld } from "../faults.ts";
import type { FileLock, Host, Machine, OwnLimits, PeerCredentials } from "../types.ts";
import { type ActInterceptor, type FakeAct, FakeActs } from "./fake-acts.ts";
import { FakeCgroups } from "./fake-cgroups.ts";
import { FakeFileTree } from "./fake-file-tree.ts";
import { FakeFiles } from "./fake-files.ts";
import { FakeMounts } from "./fake-mounts.ts";
import { FakeNamespaces } from "./fake-namespaces.ts";
import { FakeProcesses } from "./fake-processes.ts";
import { FakeSockets } from "./fake-sockets.ts";

export interface FakeHostOptions {
  /** @default "v1" */
  readonly cgroupVersion?: CgroupVersion;
  /** What the daemon may hand out; whole where nothing is said. */
  readonly own?: Partial<OwnLimits>;
}

/** What exists on a fake machine, in words: for tests that compare before and after. */
export interface FakeSnapshot {
  readonly files: readonly string[];
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  readonly processes: readonly string[];
}

/**
 * A small machine in memory that keeps the promises of {@link Host}.
 *
 * A program exists when a script answers for it; a test makes an act fail by
 * intercepting it.
 *
 * @example
 * const host = new FakeHost();
 * host.processes.script(({ program }) => (program === "runc" ? { stdout: "runc 1.1.5" } : undefined));
 * host.intercept(({ name }) => { if (name === "mounts.mount") throw new Fault("exhausted", "mount: no space"); });
 */
export class FakeHost implements Host {
  readonly files: FakeFiles;
  readonly mounts: FakeMounts;
  readonly namespaces: FakeNamespaces;
  readonly processes: FakeProcesses;
  readonly cgroups: FakeCgroups;
  readonly sockets: FakeSockets;
  readonly machine: Machine;
  /** Who `peerCredentials` says is there. */
  peer: PeerCredentials = { pid: 1, uid: 0, gid: 0 };
  readonly #acts = new FakeActs();
  readonly #locks = new Set<string>();

  constructor(options: FakeHostOptions = {}) {
    const tree = new FakeFileTree();
    this.mounts = new FakeMounts(tree, this.#acts);
    this.files = new FakeFiles(tree, this.#acts, () => this.mounts.entries);
    this.namespaces = new FakeNamespaces({ tree, acts: this.#acts, mounts: this.mounts });
    this.processes = new FakeProcesses(this.#acts);
    this.cgroups = new FakeCgroups(options.cgroupVersion ?? "v1", this.#acts, this.processes);
    this.sockets = new FakeSockets(this.#acts);
    this.machine = fakeMachine(options.own ?? {});
  }

  /** Every act so far, in order. */
  get acts(): readonly FakeAct[] {
    return this.#acts.all;
  }

  /** Shows each act to a function before it takes effect; what that throws is how the act fails. */
  intercept(interceptor: ActInterceptor): void {
    this.#acts.intercept(interceptor);
  }

  snapshot(): FakeSnapshot {
    return {
      files: this.files.pathsBelow("/"),
      mounts: this.mounts.entries.map(({ type, target }) => `${type} ${target}`),
      cgroups: this.cgroups.paths,
      processes: this.processes.running.map(({ pid, command }) => `${pid} ${command.program}`),
    };
  }

  async lockFile(path: string): Promise<FileLock> {
    if (this.#locks.has(path)) throw lockHeld(path, undefined);
    await this.files.write(path, "1\n", { mode: 0o600 });
    this.#locks.add(path);
    return {
      path,
      release: async () => {
        this.#locks.delete(path);
      },
    };
  }

  peerCredentials(_socket: Socket): PeerCredentials {
    return this.peer;
  }
}

function fakeMachine(own: Partial<OwnLimits>): Machine {
  return {
    architecture: "amd64",
    kernelRelease: "6.1.0-fake",
    hostname: "fake-node",
    bootId: "00000000-0000-4000-8000-000000000001",
    own: {
      capabilities: new Set(capabilityNames),
      oomScoreAdj: -999,
      hardLimits: new Map([["RLIMIT_NOFILE", 1_048_576n]]),
      canRaiseLimits: true,
      ...own,
    },
  };
}
