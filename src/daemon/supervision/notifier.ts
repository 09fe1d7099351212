import { type Logger, messageOf } from "#foundation";
import type { Sockets } from "#host";

/**
 * Tells a service manager of the daemon's state; without one, nobody.
 *
 * @see https://www.freedesktop.org/software/systemd/man/252/sd_notify.html
 */
export interface Notifier {
  /** Calls are served. */
  ready(): void;
  /** The configuration is being read anew; `ready` follows. */
  reloading(): void;
  /** No more calls are taken. */
  stopping(): void;
  /** Feeds the watchdog. */
  alive(): void;
}

export interface NotifierDeps {
  readonly sockets: Pick<Sockets, "sendDatagram">;
  readonly logger: Logger;
}

export function createNotifier(socket: string | undefined, { sockets, logger }: NotifierDeps): Notifier {
  const send = (state: string): void => {
    if (socket === undefined) return;
    try {
      sockets.sendDatagram(socket, state);
    } catch (error) {
      // A service manager that hears nothing acts by itself: it is not our end.
      logger.warn("service manager was not told", { state, error: messageOf(error) });
    }
  };
  return {
    ready: () => send("READY=1\nSTATUS=serving"),
    reloading: () => send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}\nSTATUS=reloading`),
    stopping: () => send("STOPPING=1\nSTATUS=stopping"),
    alive: () => send("WATCHDOG=1"),
  };
}
