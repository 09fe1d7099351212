import type { Logger } from "#foundation";
import type { Clamp } from "#runtime";

/**
 * Tells the operator what the machine or a runtime cannot grant, each thing once: a node that lacks a capability lacks it
 * for every pod.
 */
export class ClampLog {
  readonly #logger: Logger;
  readonly #told = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  tell({ what, asked, granted }: Clamp): void {
    const key = `${what} ${asked}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#logger.warn("clamped to what crispd itself and the runtime can give", { what, asked, granted });
  }
}
