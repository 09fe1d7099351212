import { Fault } from "#foundation";

/** What the service manager that started us wants, as sd_notify(3), sd_watchdog_enabled(3) and sd_listen_fds(3) have it. */
export interface Supervision {
  /** Where it is told of our state; undefined: nobody asks. */
  readonly notifySocket: string | undefined;
  /** It ends us when it hears nothing for this long; undefined: it does not care. */
  readonly watchdogMs: number | undefined;
  /** A listening socket that it has opened for us. */
  readonly listenFd: number | undefined;
}

/** Where the descriptors that are passed to us begin. */
const firstDescriptor = 3;

/**
 * Reads what a service manager put into the environment. Words that were meant for another process are none.
 *
 * @throws Fault `invalid` when it passes more sockets than the one we serve
 */
export function readSupervision(env: Readonly<Record<string, string | undefined>>, pid: number): Supervision {
  const isOurs = (name: string): boolean => env[name] === undefined || env[name] === String(pid);
  const watchdogMicros = Number(env["WATCHDOG_USEC"] ?? 0);
  return {
    notifySocket: env["NOTIFY_SOCKET"] === "" ? undefined : env["NOTIFY_SOCKET"],
    watchdogMs: watchdogMicros > 0 && isOurs("WATCHDOG_PID") ? watchdogMicros / 1_000 : undefined,
    listenFd: env["LISTEN_PID"] === String(pid) ? passedDescriptor(env["LISTEN_FDS"]) : undefined,
  };
}

function passedDescriptor(count: string | undefined): number | undefined {
  if (count === undefined || count === "0") return undefined;
  if (count !== "1") throw new Fault("invalid", `LISTEN_FDS: ${count} sockets were passed, and one is served`);
  return firstDescriptor;
}
