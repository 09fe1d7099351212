import type { TaskCensus } from "./types.ts";

/** What several groups of tasks are at and have open together; undefined as long as one of them was not counted. */
export function sumCensuses(censuses: readonly (TaskCensus | undefined)[]): TaskCensus | undefined {
  const counted = censuses.filter((census) => census !== undefined);
  if (counted.length === 0 || counted.length < censuses.length) return undefined;
  // The limit is a process's own, not a group's.
  return { ...counted.reduce(add), openFilesLimit: undefined };
}

function add(one: TaskCensus, other: TaskCensus): TaskCensus {
  const states = (key: keyof TaskCensus["tasks"]["states"]): number => one.tasks.states[key] + other.tasks.states[key];
  return {
    // As old as its oldest part.
    takenAtNanos: one.takenAtNanos < other.takenAtNanos ? one.takenAtNanos : other.takenAtNanos,
    tasks: {
      states: {
        running: states("running"),
        sleeping: states("sleeping"),
        uninterruptible: states("uninterruptible"),
        stopped: states("stopped"),
      },
      openFiles: one.tasks.openFiles + other.tasks.openFiles,
      sockets: one.tasks.sockets + other.tasks.sockets,
    },
    openFilesLimit: undefined,
    load: {
      running: one.load.running + other.load.running,
      uninterruptible: one.load.uninterruptible + other.load.uninterruptible,
    },
  };
}
