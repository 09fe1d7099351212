import { describe, expect, it } from "vitest";
import { type Guest, type GuestProcess, killGuestTree, parseGuestProcesses } from "./guest-tree.ts";

const sigkill = 9;
const sigstop = 19;

/** A kernel in memory, in which a process may start another one until it is stopped. */
class FakeGuest implements Guest {
  readonly signals: (readonly [pid: number, signal: number])[] = [];
  #processes: readonly GuestProcess[];
  /** Who starts whom, once it has been listed. */
  readonly #forks: Map<number, number>;
  readonly #deaf: ReadonlySet<number>;

  constructor(
    processes: readonly GuestProcess[],
    { forks = [], deaf = [] }: { forks?: readonly [number, number][]; deaf?: readonly number[] } = {},
  ) {
    this.#processes = processes;
    this.#forks = new Map(forks);
    this.#deaf = new Set(deaf);
  }

  pids(): readonly number[] {
    return this.#processes.map(({ pid }) => pid);
  }

  async list(): Promise<readonly GuestProcess[]> {
    const listed = this.#processes;
    const born = listed.flatMap(({ pid: parent }) => {
      const pid = this.#forks.get(parent);
      this.#forks.delete(parent);
      return pid === undefined ? [] : [{ pid, parent }];
    });
    this.#processes = [...listed, ...born];
    return listed;
  }

  async signal(pid: number, signal: number): Promise<boolean> {
    this.signals.push([pid, signal]);
    if (this.#deaf.has(pid) || !this.pids().includes(pid)) return false;
    if (signal === sigstop) this.#forks.delete(pid);
    if (signal === sigkill) this.#processes = this.#processes.filter((each) => each.pid !== pid);
    return true;
  }
}

const init = { pid: 1, parent: 0 };
const service = { pid: 2, parent: 1 };
const command = { pid: 3, parent: 0 };
const child = { pid: 4, parent: 3 };
const grandchild = { pid: 5, parent: 4 };

describe("killGuestTree()", () => {
  it("kills the command and all that descend from it, and nothing else", async () => {
    const guest = new FakeGuest([grandchild, init, child, command, service]);

    await killGuestTree(guest, command.pid);

    expect(guest.pids()).toEqual([init.pid, service.pid]);
  });

  it("stops all before it kills one, parents first", async () => {
    const guest = new FakeGuest([init, grandchild, child, command]);

    await killGuestTree(guest, command.pid);

    expect(guest.signals.map(([pid, signal]) => `${signal} ${pid}`)).toEqual([
      "19 3",
      "19 4",
      "19 5",
      "9 3",
      "9 4",
      "9 5",
    ]);
  });

  it("finds those that were started while it looked", async () => {
    const guest = new FakeGuest([init, command], {
      forks: [
        [command.pid, 6],
        [6, 7],
      ],
    });

    await killGuestTree(guest, command.pid);

    expect(guest.pids()).toEqual([init.pid]);
  });

  it("does nothing when the command has ended", async () => {
    const guest = new FakeGuest([init, service]);

    await killGuestTree(guest, command.pid);

    expect(guest.signals).toEqual([]);
  });

  it("says which process does not end", async () => {
    const guest = new FakeGuest([init, command, child], { deaf: [child.pid] });

    await expect(killGuestTree(guest, command.pid)).rejects.toThrow("still there: 4");
  });
});

describe("parseGuestProcesses()", () => {
  it("takes the columns by their headings", () => {
    const table = `UID       PID       PPID      C         TTY       STIME     TIME      CMD
0         1         0         0         ?         18:06     0s        sleep
0         12        1         100       pts/0     18:06     1m20s     my program
`;

    expect(parseGuestProcesses(table)).toEqual([
      { pid: 1, parent: 0, name: "sleep" },
      { pid: 12, parent: 1, name: "my program" },
    ]);
  });

  it.each(["", "[1,2]"])("refuses %j, which is no such table", (table) => {
    expect(() => parseGuestProcesses(table)).toThrowError(expect.objectContaining({ kind: "broken" }));
  });
});
