import type { Logger } from "#foundation";
import type { LogState } from "#runtime";

type Flow = LogState["flow"];

export interface LogWatchDeps {
  /** How the logs of the containers that run go, by id. */
  readonly states: () => Promise<ReadonlyMap<string, LogState>>;
  readonly logger: Logger;
}

/** Says in the daemon's log, once each time, when a container is held back by its log's disk, loses lines to it, and goes on. */
export class LogWatch {
  readonly #deps: LogWatchDeps;
  /** Those that did not flow when they were looked at last. */
  #troubled: ReadonlyMap<string, Flow> = new Map();

  constructor(deps: LogWatchDeps) {
    this.#deps = deps;
  }

  /** Looks at all of them. Never rejects. */
  async look(): Promise<void> {
    const { states, logger } = this.#deps;
    try {
      const now = await states();
      for (const [containerId, state] of now) {
        if (state.flow !== (this.#troubled.get(containerId) ?? "flowing")) this.#tell(containerId, state);
      }
      this.#troubled = new Map(
        [...now].filter(([, { flow }]) => flow !== "flowing").map(([containerId, { flow }]) => [containerId, flow]),
      );
    } catch (error) {
      logger.warn("cannot look at how the logs of containers go", { error });
    }
  }

  #tell(containerId: string, { flow, lostBytes }: LogState): void {
    const { logger } = this.#deps;
    const facts = { containerId, lostBytes };
    switch (flow) {
      case "held":
        return logger.warn("a container is held back: its log's disk takes nothing", facts);
      case "dropping":
        return logger.warn("lines of a container's log are dropped: its disk takes nothing", facts);
      case "flowing":
        return logger.info("a container's log goes on", facts);
    }
  }
}
