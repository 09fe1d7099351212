import { type ContainerId, type InFlight, Joinable, type SandboxId, type Scope } from "#foundation";
import { attach } from "./container/attach.ts";
import { checkpointContainer } from "./container/checkpoint/checkpoint.ts";
import { createContainer, creationKey } from "./container/create.ts";
import { exec } from "./container/exec.ts";
import { execSync } from "./container/exec-sync.ts";
import { explainContainer } from "./container/explain.ts";
import { listProcesses } from "./container/list-processes.ts";
import { listLogStates } from "./container/log-states.ts";
import { removeContainer } from "./container/remove.ts";
import { reopenLog } from "./container/reopen-log.ts";
import type { ContainerStarts } from "./container/starts.ts";
import type { ContainerStops } from "./container/stop.ts";
import { updateContainerResources } from "./container/update-resources.ts";
import type { PodContext } from "./context.ts";
import type { Engine, NativeEngine } from "./engine.ts";
import type { PodEvents } from "./events/pod-events.ts";
import { containerMatcher, filtered, sandboxMatcher } from "./filter.ts";
import { getContainer, getSandbox } from "./find.ts";
import type { Health } from "./health.ts";
import { portForward } from "./sandbox/port-forward.ts";
import { pullFor } from "./sandbox/pull-for.ts";
import { removeSandbox } from "./sandbox/remove.ts";
import { runKey, runSandbox } from "./sandbox/run.ts";
import { stopSandbox } from "./sandbox/stop.ts";
import { updateSandboxResources } from "./sandbox/update-resources.ts";
import { assertSandboxConfig } from "./sandbox/validate.ts";
import type { Sampler } from "./stats/sampler.ts";

export interface EngineParts {
  readonly context: PodContext;
  /** The acts that change something. */
  readonly inFlight: InFlight;
  readonly starts: ContainerStarts;
  readonly stops: ContainerStops;
  readonly health: Health;
  readonly scope: Scope;
  readonly sampler: Sampler;
  readonly events: PodEvents;
  /** The first probe: what pods can be given is known after it. */
  readonly probed: Promise<void>;
}

/** The engine's acts, each over the parts that it needs. */
export function createEngine(parts: EngineParts): Omit<NativeEngine, "checks"> {
  return {
    ...sandboxActs(parts),
    ...containerActs(parts),
    ...observations(parts),
    health: () => parts.health.current(),
    useHandlers: async (set) => {
      parts.context.handlers.replace(set);
      await parts.health.probe(parts.scope.signal);
    },
    definitionsInUse: () => new Set(parts.context.sandboxes.list().map(({ definition }) => definition)),
    close: () => parts.scope.close(),
  };
}

type SandboxActs = Pick<
  Engine,
  | "runSandbox"
  | "stopSandbox"
  | "removeSandbox"
  | "updateSandboxResources"
  | "usePodCidrs"
  | "getSandbox"
  | "listSandboxes"
  | "portForward"
  | "pullFor"
>;

function sandboxActs({ context, inFlight, stops, probed }: EngineParts): SandboxActs {
  const runs = new Joinable<SandboxId>();
  return {
    runSandbox: async (config, handler) => {
      assertSandboxConfig(config);
      await probed;
      const key = runKey(config.metadata);
      return await inFlight.run(`run sandbox ${key}`, () =>
        runs.join(key, () => runSandbox(context, stops, { config, handler })),
      );
    },
    stopSandbox: (id) => inFlight.run(`stop sandbox ${id}`, () => stopSandbox(context, stops, id)),
    removeSandbox: (id) => inFlight.run(`remove sandbox ${id}`, () => removeSandbox(context, stops, id)),
    updateSandboxResources: (id, resources) => updateSandboxResources(context, id, resources),
    usePodCidrs: (podCidrs) => context.network.usePodCidrs(podCidrs),
    getSandbox: (id) => context.views.sandbox(getSandbox(context, id)),
    listSandboxes: (filter) => filtered(context.views.sandboxes(context.sandboxes.list()), sandboxMatcher(filter)),
    portForward: (target, options) => portForward(context, target, options),
    pullFor: (pod, image, pull) => pullFor(context, { pod, image }, pull),
  };
}

type Observations = Pick<
  Engine,
  "containerStats" | "listContainerStats" | "sandboxStats" | "listSandboxStats" | "sandboxDetails" | "watchEvents"
>;

function observations({ context, sampler, events }: EngineParts): Observations {
  return {
    containerStats: (id) => sampler.container(id),
    listContainerStats: (filter) => sampler.listContainers(filter),
    sandboxStats: async (id) => await sampler.sandbox(id),
    listSandboxStats: (filter) => sampler.listSandboxes(filter),
    sandboxDetails: () => sampler.details(),
    watchEvents: (signal, options) => events.watch(context, signal, options),
  };
}

type ContainerActs = Omit<Engine, keyof SandboxActs | keyof Observations | "health">;

function containerActs({ context, inFlight, starts, stops, probed }: EngineParts): ContainerActs {
  const creations = new Joinable<ContainerId>();
  return {
    createContainer: async (sandboxId, config) => {
      await probed;
      const sandbox = getSandbox(context, sandboxId);
      const key = creationKey(sandbox, config);
      return await inFlight.run(`create container ${key}`, () =>
        creations.join(key, () => createContainer(context, stops, { sandbox, config })),
      );
    },
    startContainer: (id, options) => inFlight.run(`start container ${id}`, () => starts.start(id, options?.signal)),
    stopContainer: (id, timeoutMs) => inFlight.run(`stop container ${id}`, () => stops.stop(id, timeoutMs)),
    removeContainer: (id) => inFlight.run(`remove container ${id}`, () => removeContainer(context, stops, id)),
    explainContainer: (request) => explainContainer(context, request),
    checkpointContainer: (id, options) =>
      checkpointContainer(context, id, options, (work) => inFlight.run(`checkpoint container ${id}`, work)),
    updateContainerResources: (id, change) =>
      inFlight.run(`update container ${id}`, () => updateContainerResources(context, id, change)),
    getContainer: (id) => context.views.container(getContainer(context, id)),
    listContainers: (filter) => filtered(context.views.containers(context.containers.list()), containerMatcher(filter)),
    execSync: (id, options) => execSync(context, id, options),
    exec: (request, options) => exec(context, request, options),
    attach: (request, options) => attach(context, request, options),
    listProcesses: (id, { signal }) => listProcesses(context, id, signal),
    reopenContainerLog: (id) => reopenLog(context, id),
    logStates: () => listLogStates(context),
  };
}
