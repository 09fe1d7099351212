import { type Logger, messageOf } from "#foundation";

/** What a container is stopped in its tracks with, and sent on. */
export interface Freezer {
  readonly pause: () => Promise<void>;
  /** Safe also where nothing stands still. */
  readonly resume: () => Promise<void>;
}

/**
 * Does something while a container stands still, which runs on afterwards in any case.
 *
 * A pause that failed may have come half way; so the container is sent on after that, too. The first failure is the one
 * to tell.
 */
export async function standStill(
  freezer: Freezer,
  work: () => Promise<void>,
  { logger, id }: { readonly logger: Logger; readonly id: string },
): Promise<void> {
  try {
    await freezer.pause();
    await work();
  } catch (error) {
    await freezer.resume().catch((second: unknown) => {
      logger.error("cannot let a container run on", { containerId: id, error: messageOf(second) });
    });
    throw error;
  }
  await freezer.resume();
}
