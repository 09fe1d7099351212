import { mask31 } from "./frame.ts";

/** Window that both sides of a session and of each stream begin with. */
export const defaultWindow: number = 64 * 1024;
/** What has been consumed is given back in steps of this size: half of the window that a peer may count on. */
const creditStep: number = defaultWindow / 2;

/** What one side of a stream, or of the whole session, may still send. Negative after the window was made smaller. */
export class SendWindow {
  #left: number;

  constructor(left: number) {
    this.#left = left;
  }

  get left(): number {
    return this.#left;
  }

  spend(bytes: number): void {
    this.#left -= bytes;
  }

  /** Whether the window can be that wide: it has 31 bits. */
  widen(bytes: number): boolean {
    this.#left += bytes;
    return this.#left <= mask31;
  }
}

/** What the peer may still send, and what of it is consumed but not given back yet. */
export class ReceiveWindow {
  #left: number;
  #consumed = 0;

  constructor(left: number) {
    this.#left = left;
  }

  /** Whether the peer kept within its window. */
  receive(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /** Notes what the receiver is done with; returns how much to give back now, mostly nothing. */
  consume(bytes: number): number {
    this.#consumed += bytes;
    if (this.#consumed < creditStep) return 0;
    return this.widen(this.#consumed);
  }

  widen(bytes: number): number {
    this.#left += bytes;
    this.#consumed = 0;
    return bytes;
  }
}
