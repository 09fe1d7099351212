import { isFault } from "#foundation";
import type {
  Container,
  ContainerStats,
  PodSandbox,
  PodSandboxMetrics,
  PodSandboxStats,
} from "#proto/cri/v1/runtime_pb.js";
import type { Session } from "../session.ts";

/** What a runtime told at one moment. */
export interface NodeSample {
  readonly pods: readonly PodSandbox[];
  readonly containers: readonly Container[];
  readonly containerStats: readonly ContainerStats[];
  /** Empty where the runtime has none of them. */
  readonly podStats: readonly PodSandboxStats[];
  /** Empty where the runtime has none of them. */
  readonly podMetrics: readonly PodSandboxMetrics[];
}

/** Reads samples; what a runtime does not have is asked for once. */
export class NodeReader {
  readonly #session: Session;
  readonly #missing = new Set<string>();

  constructor(session: Session) {
    this.#session = session;
  }

  async read(): Promise<NodeSample> {
    const { client, reading } = this.#session;
    const [pods, containers, containerStats, podStats, podMetrics] = await Promise.all([
      client.listPodSandbox({}, reading),
      client.listContainers({}, reading),
      client.listContainerStats({}, reading),
      this.#readOptional("pod stats", () => client.listPodSandboxStats({}, reading)),
      this.#readOptional("pod metrics", () => client.listPodSandboxMetrics({}, reading)),
    ]);
    return {
      pods: pods.items,
      containers: containers.containers,
      containerStats: containerStats.stats,
      podStats: podStats?.stats ?? [],
      podMetrics: podMetrics?.podMetrics ?? [],
    };
  }

  async #readOptional<T>(name: string, read: () => Promise<T>): Promise<T | undefined> {
    if (this.#missing.has(name)) return undefined;
    try {
      return await read();
    } catch (error) {
      if (!isFault(error, "unsupported")) throw error;
      this.#missing.add(name);
      return undefined;
    }
  }
}
