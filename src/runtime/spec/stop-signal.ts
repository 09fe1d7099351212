import { constants } from "node:os";
import { invalidField } from "../faults.ts";

const sigterm = 15;
const firstRealtime = 34;
const lastRealtime = 64;
/** Names that Linux knows and Node has no number for. */
const aliases: Readonly<Record<string, number>> = {
  SIGCLD: constants.signals.SIGCHLD,
  SIGIOT: constants.signals.SIGABRT,
};

/**
 * The number of the signal that asks a container to stop: the request's, else the image's, else SIGTERM.
 *
 * An image's signal that means nothing counts as none: the image was built long ago, and kubelet cannot change it.
 *
 * @throws Fault `invalid` when the request's signal is none
 */
export function resolveStopSignal(request: string | undefined, image: string): number {
  if (request !== undefined && request !== "") {
    const number = parseSignal(request);
    if (number === undefined) throw invalidField("stop_signal", `no signal is called ${JSON.stringify(request)}`);
    return number;
  }
  return parseSignal(image) ?? sigterm;
}

/** The number of a signal given as "SIGTERM", "term", "15" or "SIGRTMIN+3"; undefined when it is none. */
export function parseSignal(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= lastRealtime ? number : undefined;
  }
  const upper = text.toUpperCase();
  const name = upper.startsWith("SIG") ? upper : `SIG${upper}`;
  const realtime = /^SIGRT(MIN|MAX)([+-]\d{1,2})?$/.exec(name);
  if (realtime !== null) return parseRealtime(realtime[1], Number(realtime[2] ?? 0));
  return constants.signals[name as keyof typeof constants.signals] ?? aliases[name];
}

function parseRealtime(base: string | undefined, offset: number): number | undefined {
  const number = (base === "MIN" ? firstRealtime : lastRealtime) + offset;
  return number >= firstRealtime && number <= lastRealtime ? number : undefined;
}
