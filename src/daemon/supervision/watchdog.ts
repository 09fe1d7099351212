import { type Logger, messageOf, type Scope } from "#foundation";
import type { Notifier } from "./notifier.ts";

export interface WatchdogOptions {
  /** The daemon is ended when the watchdog was not fed for this long. */
  readonly timeoutMs: number;
  /** Asks the daemon something as any client would. @throws when there is no answer in time */
  readonly ask: (timeoutMs: number) => Promise<void>;
}

/**
 * Feeds a service manager's watchdog for as long as the daemon answers.
 *
 * Asking goes through the socket that kubelet uses: a daemon whose event loop
 * turns while its server is stuck gets no food.
 */
export function startWatchdog(
  { timeoutMs, ask }: WatchdogOptions,
  { notifier, logger, scope }: { readonly notifier: Notifier; readonly logger: Logger; readonly scope: Scope },
): void {
  // Half of the time, as sd_watchdog_enabled(3) advises; an answer may take the other half less a margin.
  const periodMs = timeoutMs / 2;
  let isAsking = false;
  const feed = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      await ask(periodMs);
      notifier.alive();
    } catch (error) {
      logger.error("the daemon does not answer itself", { error: messageOf(error) });
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void feed(), periodMs);
  scope.defer("watchdog", () => clearInterval(timer));
  void feed();
}
