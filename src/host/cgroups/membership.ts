/** One line of /proc/PID/cgroup. */
export interface CgroupMembership {
  /** 0 is the unified hierarchy (cgroup v2). */
  readonly hierarchy: number;
  /** Controllers, or "name=…" for a hierarchy without any; empty for the unified one. */
  readonly controllers: readonly string[];
  readonly path: string;
}

/** Takes /proc/PID/cgroup apart: `hierarchy:controllers:path`, where the path may hold colons. */
export function parseMemberships(text: string): readonly CgroupMembership[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(\d+):([^:]*):(\/.*)$/s.exec(line);
    if (match === null) return [];
    const [, hierarchy = "", controllers = "", path = ""] = match;
    return [{ hierarchy: Number(hierarchy), controllers: controllers.split(",").filter(Boolean), path }];
  });
}

/** The pids in a cgroup.procs file; 0 stands for a process that our pid namespace cannot name. */
export function parseProcs(text: string): readonly number[] {
  return text
    .split("\n")
    .filter((line) => /^\d+$/.test(line))
    .map(Number)
    .filter((pid) => pid > 0);
}

/** How many pids `parseProcs` finds; quicker. */
export function countProcs(text: string): number {
  let count = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const first = text.charCodeAt(start);
    if (first > zero && first <= nine) count += 1;
    start = end + 1;
  }
  return count;
}

const zero = 48;
const nine = 57;
