import { Fault, type Logger } from "#foundation";

/**
 * Runs one named step of an act: its name goes into the message of what fails
 * and, with its duration, into the log.
 */
export type Stage = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Stages of one act on one object; `facts` name the object in the log. */
export function createStages(logger: Logger): Stage {
  return async (name, work) => {
    const startedAt = performance.now();
    try {
      return await work();
    } catch (error) {
      throw Fault.within(name, error);
    } finally {
      logger.debug("stage ended", { stage: name, durationMs: Math.round((performance.now() - startedAt) * 10) / 10 });
    }
  };
}
