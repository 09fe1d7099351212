import type { CommandEntry } from "./command.ts";

/** Every command, in the order of the help text. Each is loaded only when it is the one that runs. */
export const commands: readonly CommandEntry[] = [
  {
    name: "attach",
    summary: "join the streams of a running container",
    load: async () => (await import("./attach/run.ts")).declareAttach,
  },
  {
    name: "checkpoint",
    summary: "write what a running container is at into an archive",
    load: async () => (await import("./checkpoint/run.ts")).declareCheckpoint,
  },
  {
    name: "create",
    summary: "create a container in a pod",
    load: async () => (await import("./create/run.ts")).declareCreate,
  },
  {
    name: "daemon-logs",
    summary: "print crispd's own log for people",
    load: async () => (await import("./daemon-logs/run.ts")).declareDaemonLogs,
  },
  {
    name: "doctor",
    summary: "tell what is wrong with the node, and mend what can be mended",
    load: async () => (await import("./doctor/run.ts")).declareDoctor,
  },
  {
    name: "events",
    summary: "print what happens to pods and containers",
    load: async () => (await import("./events/run.ts")).declareEvents,
  },
  {
    name: "exec",
    summary: "run a command in a container",
    load: async () => (await import("./exec/run.ts")).declareExec,
  },
  {
    name: "image",
    summary: "import, export, prune or list images",
    load: async () => (await import("./image/run.ts")).declareImage,
  },
  {
    name: "images",
    aliases: ["img"],
    summary: "list images",
    load: async () => (await import("./images/run.ts")).declareImages,
  },
  {
    name: "imagefsinfo",
    summary: "show how much of the image file system is used",
    load: async () => (await import("./imagefsinfo/run.ts")).declareImageFsInfo,
  },
  {
    name: "info",
    summary: "show the state of the runtime",
    load: async () => (await import("./info/run.ts")).declareInfo,
  },
  {
    name: "inspect",
    summary: "show the status of containers",
    load: async () => (await import("./inspect/run.ts")).declareInspect,
  },
  {
    name: "inspecti",
    summary: "show the status of images",
    load: async () => (await import("./inspecti/run.ts")).declareInspectImage,
  },
  {
    name: "inspectp",
    summary: "show the status of pods",
    load: async () => (await import("./inspectp/run.ts")).declareInspectPod,
  },
  {
    name: "logs",
    summary: "print the log of a container",
    load: async () => (await import("./logs/run.ts")).declareLogs,
  },
  {
    name: "metricdescs",
    summary: "print what metrics there are",
    load: async () => (await import("./metricdescs/run.ts")).declareMetricDescriptors,
  },
  {
    name: "metricsp",
    summary: "print the metrics of all pods",
    load: async () => (await import("./metricsp/run.ts")).declareMetricsPod,
  },
  {
    name: "pods",
    summary: "list pods",
    load: async () => (await import("./pods/run.ts")).declarePods,
  },
  {
    name: "port-forward",
    summary: "lead local ports into a pod",
    load: async () => (await import("./port-forward/run.ts")).declarePortForward,
  },
  {
    name: "ps",
    summary: "list containers",
    load: async () => (await import("./ps/run.ts")).declarePs,
  },
  {
    name: "pull",
    summary: "pull an image from a registry",
    load: async () => (await import("./pull/run.ts")).declarePull,
  },
  {
    name: "rm",
    summary: "remove containers",
    load: async () => (await import("./rm/run.ts")).declareRm,
  },
  {
    name: "rmi",
    summary: "remove images",
    load: async () => (await import("./rmi/run.ts")).declareRmi,
  },
  {
    name: "rmp",
    summary: "remove pods",
    load: async () => (await import("./rmp/run.ts")).declareRmp,
  },
  {
    name: "runp",
    summary: "run a pod",
    load: async () => (await import("./runp/run.ts")).declareRunp,
  },
  {
    name: "runtime-config",
    summary: "show the runtime's configuration",
    load: async () => (await import("./runtime-config/run.ts")).declareRuntimeConfig,
  },
  {
    name: "runtimes",
    summary: "list the runtime handlers, their versions and what they can do",
    load: async () => (await import("./runtimes/run.ts")).declareRuntimes,
  },
  {
    name: "spec",
    summary: "print what a container would be given, and why, without making it",
    load: async () => (await import("./spec/run.ts")).declareSpec,
  },
  {
    name: "start",
    summary: "start created containers",
    load: async () => (await import("./start/run.ts")).declareStart,
  },
  {
    name: "stats",
    summary: "show what containers use",
    load: async () => (await import("./stats/run.ts")).declareStats,
  },
  {
    name: "statsp",
    summary: "show what pods use",
    load: async () => (await import("./statsp/run.ts")).declareStatsPod,
  },
  {
    name: "stop",
    summary: "stop running containers",
    load: async () => (await import("./stop/run.ts")).declareStop,
  },
  {
    name: "stopp",
    summary: "stop running pods",
    load: async () => (await import("./stopp/run.ts")).declareStopp,
  },
  {
    name: "top",
    summary: "watch what pods and containers use, on the whole screen",
    load: async () => (await import("./top/run.ts")).declareTop,
  },
  {
    name: "verify",
    summary: "check what the pods of a runtime handler can do, on any CRI server",
    load: async () => (await import("./verify/run.ts")).declareVerify,
  },
  {
    name: "version",
    summary: "show the versions of the runtime and of its API",
    load: async () => (await import("./version/run.ts")).declareVersion,
  },
  {
    name: "why",
    summary: "tell what happened to a pod, container or image, and what failed",
    load: async () => (await import("./why/run.ts")).declareWhy,
  },
];
