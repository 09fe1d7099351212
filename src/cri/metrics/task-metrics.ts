import type { ContainerDetail } from "#pod";
import { gauge, labelled, type MetricDefinition, nothing } from "./definition.ts";

/** What the tasks of a container were at and had open when they were counted last. */
export type Census = NonNullable<ContainerDetail["census"]>;

/** cadvisor tells loads in thousandths. */
const thousandths = 1000;

/** What is counted in the background: each has the time of its counting. */
export const taskMetrics: readonly MetricDefinition<Census>[] = [
  gauge("file_descriptors", "open files", ({ tasks }) => BigInt(tasks.openFiles)),
  gauge("sockets", "open sockets", ({ tasks }) => BigInt(tasks.sockets)),
  labelled(gauge("ulimits_soft", "limits of its first process", nothing), ["ulimit"], ({ openFilesLimit }, take) => {
    if (openFilesLimit !== undefined) take(openFilesLimit, ["max_open_files"]);
  }),
  labelled(gauge("tasks_state", "threads by what they are at", nothing), ["state"], ({ tasks: { states } }, take) => {
    take(BigInt(states.sleeping), ["sleeping"]);
    take(BigInt(states.running), ["running"]);
    take(BigInt(states.stopped), ["stopped"]);
    take(BigInt(states.uninterruptible), ["uninterruptible"]);
    // The kernel, too, counts here only what is in none of the other states: nothing.
    take(0n, ["iowaiting"]);
  }),
  gauge("cpu_load_average_10s", "threads that ran or wanted to, over ten seconds, in thousandths", ({ load }) =>
    BigInt(Math.trunc(load.running * thousandths)),
  ),
  gauge("cpu_load_d_average_10s", "threads that waited in the kernel, over ten seconds, in thousandths", ({ load }) =>
    BigInt(Math.trunc(load.uninterruptible * thousandths)),
  ),
];
