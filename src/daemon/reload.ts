import type { Config, ConfigChange } from "#config";
import { type Logger, messageOf } from "#foundation";
import type { Notifier } from "./supervision/notifier.ts";

export interface ReloadDeps {
  readonly notifier: Notifier;
  readonly logger: Logger;
  /** Reads the configuration from its files. @throws Fault `invalid` naming what is wrong with it */
  readonly load: () => Promise<Config>;
  /** Gives everybody the new configuration; answers with what differs. */
  readonly apply: (config: Config) => Promise<readonly ConfigChange[]>;
}

/**
 * Makes what reads the configuration anew, one reading at a time; being asked
 * during one means one more.
 *
 * A configuration that is refused changes nothing. It never rejects: the log
 * says what changed, what waits for the next start, and what was wrong.
 */
export function createReload(deps: ReloadDeps): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isWanted = false;
  const reloadWhileWanted = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      await reloadOnce(deps);
    }
  };
  return () => {
    isWanted = true;
    running ??= reloadWhileWanted().finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function reloadOnce({ notifier, logger, load, apply }: ReloadDeps): Promise<void> {
  notifier.reloading();
  try {
    const changes = await apply(await load());
    logger.info("configuration was read anew", {
      changed: Object.fromEntries(
        changes.filter(({ needsRestart }) => !needsRestart).map(({ key, before, after }) => [key, { before, after }]),
      ),
      atNextStart: changes.filter(({ needsRestart }) => needsRestart).map(({ key }) => key),
    });
  } catch (error) {
    logger.error("configuration was not taken over: the old one stays", { error: messageOf(error) });
  }
  notifier.ready();
}
