import type { Writable } from "node:stream";

/** Above this, what waits in a transport are answers that the peer does not read: it must not cause more of them. */
const overfullBytes: number = 512 * 1024;

/**
 * Writes to a transport for many writers: each waits its turn while the
 * transport is full, and what is written together leaves together.
 */
export class TransportWriter {
  readonly #transport: Writable;
  readonly #waiting: (() => void)[] = [];
  readonly #onChange: () => void;
  readonly #leaving: "at-once" | "by-turn";
  #isHeld = false;

  /**
   * @param leaving "by-turn": what is written in one turn of the event loop leaves with one system call, since each would
   * wake the peer; then what is destroyed in the same turn has said nothing.
   */
  constructor(transport: Writable, onChange: () => void, leaving: "at-once" | "by-turn" = "at-once") {
    this.#transport = transport;
    this.#leaving = leaving;
    this.#onChange = onChange;
    transport.on("drain", () => this.#drained());
    transport.on("close", () => this.#drained());
  }

  get isOverfull(): boolean {
    return this.#transport.writableLength > overfullBytes && !this.#transport.destroyed;
  }

  write(bytes: Buffer): void {
    if (!this.#transport.writable) return;
    this.#holdForTurn();
    this.#transport.write(bytes);
    if (this.isOverfull) this.#onChange();
  }

  #holdForTurn(): void {
    if (this.#isHeld || this.#leaving === "at-once") return;
    this.#isHeld = true;
    this.#transport.cork();
    process.nextTick(() => {
      this.#isHeld = false;
      this.#transport.uncork();
    });
  }

  /** Calls back once the transport takes more; at once when it does now. */
  whenReady(resume: () => void): void {
    if (this.#transport.writableNeedDrain && !this.#transport.destroyed) this.#waiting.push(resume);
    else resume();
  }

  /** Lets the waiting go on, one after the other, as long as there is room; each may wait again behind the others. */
  #drained(): void {
    for (let turns = this.#waiting.length; turns > 0; turns -= 1) {
      if (this.#transport.writableNeedDrain && !this.#transport.destroyed) return;
      this.#waiting.shift()?.();
    }
    this.#onChange();
  }
}
