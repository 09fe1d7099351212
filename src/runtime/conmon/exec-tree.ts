import type { Host } from "#host";

const sigkill = 9;
/** More than a command forks while its processes are killed; a loop without end helps nobody. */
const mostPasses = 64;

interface Relation {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
}

/** Where the tree of a command begins: with its first process, or with the runtime process that sets it up. */
export interface TreeRoot {
  /** A process that has not been reaped. */
  readonly pid: number;
  readonly relation: "itself" | "parent";
}

/**
 * Kills what a command in a container has started, and the command.
 *
 * Its processes are those of the container's cgroup that descend from the root, and those of their sessions: a runtime
 * puts the command into a session of its own, so that also a process whose parent has ended is found. runc makes the
 * command itself the leader, crun a process that ends before. The rest of the container is left alone. Answers whether
 * there was any.
 */
export async function killExecTree(
  host: Pick<Host, "files" | "cgroups" | "processes">,
  root: TreeRoot,
  cgroupPath: string,
): Promise<boolean> {
  const sessions = new Set<number>(root.relation === "itself" ? [await sessionOf(host, root.pid)] : []);
  let found = false;
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const members = await relationsIn(host, cgroupPath);
    const doomed = findTree(members, root.pid, sessions);
    if (doomed.length === 0) break;
    found = true;
    for (const { pid, session } of doomed) {
      sessions.add(session);
      kill(host, pid);
    }
  }
  return found;
}

/** Those that descend from `root`, and those of the sessions; zombies are not among the members any more. */
export function findTree(
  members: readonly Relation[],
  root: number,
  sessions: ReadonlySet<number>,
): readonly Relation[] {
  const found = new Map<number, Relation>();
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const member of members) {
      const isDescendant = member.parent === root || found.has(member.parent);
      if (isDescendant || sessions.has(member.session)) found.set(member.pid, member);
    }
  }
  return [...found.values()];
}

/** The session of a process that has not been reaped: it may have ended, and its session have others still. */
async function sessionOf({ files }: Pick<Host, "files">, pid: number): Promise<number> {
  return fieldsOf(await files.readText(`/proc/${pid}/stat`)).session;
}

/** Takes parent and session out of a line of /proc/PID/stat; undefined for a zombie. */
export function parseRelation(pid: number, line: string): Relation | undefined {
  const { state, parent, session } = fieldsOf(line);
  return ["Z", "X"].includes(state) || Number.isNaN(session) ? undefined : { pid, parent, session };
}

/** A program's name stands in parentheses, and may hold any character. */
function fieldsOf(line: string): { readonly state: string; readonly parent: number; readonly session: number } {
  const [state = "", parent, , session] = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return { state, parent: Number(parent), session: Number(session) };
}

async function relationsIn(host: Pick<Host, "files" | "cgroups">, cgroupPath: string): Promise<readonly Relation[]> {
  const pids = await host.cgroups.pids(cgroupPath);
  const relations = await Promise.all(
    pids.map((pid) =>
      host.files.readText(`/proc/${pid}/stat`).then(
        (line) => parseRelation(pid, line),
        () => undefined,
      ),
    ),
  );
  return relations.filter((relation) => relation !== undefined);
}

function kill(host: Pick<Host, "processes">, pid: number): void {
  const watch = host.processes.watch({ pid });
  watch?.kill(sigkill);
  watch?.close();
}
