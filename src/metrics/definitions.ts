type MetricType = "counter" | "gauge" | "histogram";

/** A metric before anybody counts. */
export interface MetricDefinition {
  readonly type: MetricType;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** What a metric is, and the labels that each of its counts has. */
interface Shape<Type extends MetricType, Label extends string = never> {
  readonly type: Type;
  readonly label: Label;
}

/** Every metric by its name in code. */
export interface MetricShapes {
  readonly rpcDuration: Shape<"histogram", "service" | "method">;
  readonly rpcErrors: Shape<"counter", "service" | "method" | "code">;
  readonly rpcRunning: Shape<"gauge", "service" | "method">;
  readonly stageDuration: Shape<"histogram", "object" | "act" | "stage">;
  readonly stageErrors: Shape<"counter", "object" | "act" | "stage" | "kind">;
  readonly acts: Shape<"counter", "object" | "act" | "result">;
  readonly starts: Shape<"counter", "object" | "result">;
  readonly recoveries: Shape<"counter", "step" | "result">;
  readonly commands: Shape<"histogram", "program" | "result">;
  readonly spawns: Shape<"counter", "program">;
  readonly pullDuration: Shape<"histogram", "host" | "result">;
  readonly pullBytes: Shape<"counter", "host">;
  readonly sandboxes: Shape<"gauge", "state">;
  readonly containers: Shape<"gauge", "state">;
  readonly leftovers: Shape<"gauge">;
  readonly exits: Shape<"counter", "reason">;
  readonly ooms: Shape<"counter">;
  readonly logBytes: Shape<"counter">;
  readonly lostLogBytes: Shape<"counter">;
  readonly logs: Shape<"gauge", "state">;
  readonly logWriterRestarts: Shape<"counter">;
  readonly buildInfo: Shape<"gauge", "version" | "node">;
  readonly eventLoopDelay: Shape<"gauge", "quantile">;
  readonly heapUsed: Shape<"gauge">;
  readonly heapTotal: Shape<"gauge">;
  readonly externalMemory: Shape<"gauge">;
  readonly residentMemory: Shape<"gauge">;
  readonly openFiles: Shape<"gauge">;
  readonly openFilesLimit: Shape<"gauge">;
  readonly cpuSeconds: Shape<"counter">;
  readonly startTime: Shape<"gauge">;
}

/** Definitions that are what their shapes say. */
type Definitions<Name extends keyof MetricShapes> = {
  readonly [One in Name]: MetricDefinition & {
    readonly type: MetricShapes[One]["type"];
    readonly labels: readonly MetricShapes[One]["label"][];
  };
};

/** Calls answer within milliseconds, or wait for a runtime, a registry or a stubborn process. */
const callBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120,
];
const stageBuckets: readonly number[] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
const pullBuckets: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640];

const callMetrics: Definitions<"rpcDuration" | "rpcErrors" | "rpcRunning"> = {
  rpcDuration: {
    type: "histogram",
    name: "crisp_rpc_duration_seconds",
    help: "Time from a call's arrival to its answer; of a stream, to its end.",
    labels: ["service", "method"],
    buckets: callBuckets,
  },
  rpcErrors: {
    type: "counter",
    name: "crisp_rpc_errors_total",
    help: "Calls that failed, by the gRPC code that they were answered with.",
    labels: ["service", "method", "code"],
  },
  rpcRunning: {
    type: "gauge",
    name: "crisp_rpc_in_flight",
    help: "Calls that are being answered; open streams of events among them.",
    labels: ["service", "method"],
  },
};

const stepMetrics: Definitions<
  "stageDuration" | "stageErrors" | "acts" | "starts" | "recoveries" | "commands" | "spawns"
> = {
  stageDuration: {
    type: "histogram",
    name: "crisp_stage_duration_seconds",
    help: "Time of each stage of an act, such as the network's part of running a sandbox.",
    labels: ["object", "act", "stage"],
    buckets: stageBuckets,
  },
  stageErrors: {
    type: "counter",
    name: "crisp_stage_errors_total",
    help: "Stages that failed, by the kind of the failure.",
    labels: ["object", "act", "stage", "kind"],
  },
  acts: {
    type: "counter",
    name: "crisp_acts_total",
    help: "Acts on sandboxes, containers and images that ended, by whoever asked for them.",
    labels: ["object", "act", "result"],
  },
  starts: {
    type: "counter",
    name: "crisp_starts_total",
    help: "Sandboxes and containers that were to be started.",
    labels: ["object", "result"],
  },
  recoveries: {
    type: "counter",
    name: "crisp_recoveries_total",
    help: "Objects that needed mending after crispd had been away, by what was done.",
    labels: ["step", "result"],
  },
  commands: {
    type: "histogram",
    name: "crisp_command_duration_seconds",
    help: "Time of outside programs that ran as a part of a stage: runtimes, monitors, network plugins.",
    labels: ["program", "result"],
    buckets: stageBuckets,
  },
  spawns: {
    type: "counter",
    name: "crisp_spawns_total",
    help: "Outside programs that were started, inside of a stage or not.",
    labels: ["program"],
  },
};

const imageMetrics: Definitions<"pullDuration" | "pullBytes"> = {
  pullDuration: {
    type: "histogram",
    name: "crisp_image_pull_duration_seconds",
    help: "Time of pulls, by the registry in the image's name.",
    labels: ["host", "result"],
    buckets: pullBuckets,
  },
  pullBytes: {
    type: "counter",
    name: "crisp_image_pull_bytes_total",
    help: "Bytes of layers as they were sent, by the host that sent them: the registry or a mirror.",
    labels: ["host"],
  },
};

const podMetrics: Definitions<
  | "sandboxes"
  | "containers"
  | "leftovers"
  | "exits"
  | "ooms"
  | "logBytes"
  | "lostLogBytes"
  | "logs"
  | "logWriterRestarts"
> = {
  sandboxes: {
    type: "gauge",
    name: "crisp_sandboxes",
    help: "Sandboxes by state: ready or not-ready.",
    labels: ["state"],
  },
  containers: {
    type: "gauge",
    name: "crisp_containers",
    help: "Containers by state: created, running or exited.",
    labels: ["state"],
  },
  leftovers: {
    type: "gauge",
    name: "crisp_leftover_sandboxes",
    help: "Sandboxes of which something could not be taken down yet; it is tried again and again.",
    labels: [],
  },
  exits: {
    type: "counter",
    name: "crisp_container_exits_total",
    help: "Containers that ended, by the reason that kubelet is told.",
    labels: ["reason"],
  },
  ooms: {
    type: "counter",
    name: "crisp_container_oom_kills_total",
    help: "Containers that ended because they had no memory left.",
    labels: [],
  },
  logBytes: {
    type: "counter",
    name: "crisp_container_log_bytes_total",
    help: "Bytes that containers wrote to their logs, as of the last scrape and of their ends; what a file got between a scrape and its rotation is left out.",
    labels: [],
  },
  lostLogBytes: {
    type: "counter",
    name: "crisp_container_log_lost_bytes_total",
    help: "Bytes of logs that were dropped because their disk took nothing for too long, as of the last scrape and of the containers' ends.",
    labels: [],
  },
  logs: {
    type: "gauge",
    name: "crisp_container_logs",
    help: "Logs of running containers by state: flowing; held, whose disk takes nothing and whose container waits for it; dropping, whose lines are lost.",
    labels: ["state"],
  },
  logWriterRestarts: {
    type: "counter",
    name: "crisp_log_writer_restarts_total",
    help: "Log writers that were killed and replaced.",
    labels: [],
  },
};

const processMetrics: Definitions<
  | "buildInfo"
  | "eventLoopDelay"
  | "heapUsed"
  | "heapTotal"
  | "externalMemory"
  | "residentMemory"
  | "openFiles"
  | "openFilesLimit"
  | "cpuSeconds"
  | "startTime"
> = {
  buildInfo: {
    type: "gauge",
    name: "crisp_build_info",
    help: "Always 1; the labels say what runs.",
    labels: ["version", "node"],
  },
  eventLoopDelay: {
    type: "gauge",
    name: "crisp_event_loop_delay_seconds",
    help: "How late the event loop was since the last scrape; quantile 1 is the worst.",
    labels: ["quantile"],
  },
  heapUsed: {
    type: "gauge",
    name: "nodejs_heap_size_used_bytes",
    help: "Bytes of the JavaScript heap that are in use.",
    labels: [],
  },
  heapTotal: {
    type: "gauge",
    name: "nodejs_heap_size_total_bytes",
    help: "Bytes of the JavaScript heap that the kernel has given.",
    labels: [],
  },
  externalMemory: {
    type: "gauge",
    name: "nodejs_external_memory_bytes",
    help: "Bytes outside of the JavaScript heap that objects in it hold, buffers included.",
    labels: [],
  },
  residentMemory: {
    type: "gauge",
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    labels: [],
  },
  openFiles: {
    type: "gauge",
    name: "process_open_fds",
    help: "Number of open file descriptors.",
    labels: [],
  },
  openFilesLimit: {
    type: "gauge",
    name: "process_max_fds",
    help: "Maximum number of open file descriptors.",
    labels: [],
  },
  cpuSeconds: {
    type: "counter",
    name: "process_cpu_seconds_total",
    help: "Total user and system CPU time spent in seconds.",
    labels: [],
  },
  startTime: {
    type: "gauge",
    name: "process_start_time_seconds",
    help: "Start time of the process since unix epoch in seconds.",
    labels: [],
  },
};

/** Every metric that crispd serves, by the part of crispd that it is about: docs/metrics.md is made of this. */
export const metricGroups: Readonly<Record<string, Readonly<Record<string, MetricDefinition>>>> = {
  Calls: callMetrics,
  "Acts, stages and programs": stepMetrics,
  Images: imageMetrics,
  "Pods and containers": podMetrics,
  "The process": processMetrics,
};

/** All of them, by the names that code has for them. */
export const metricDefinitions: Definitions<keyof MetricShapes> = {
  ...callMetrics,
  ...stepMetrics,
  ...imageMetrics,
  ...podMetrics,
  ...processMetrics,
};
