const ctrlP = 0x10;
const ctrlQ = 0x11;

/** What is to be passed on, and whether the person wants to leave. */
export interface Keys {
  readonly passed: Buffer;
  readonly isDetached: boolean;
}

/** Watches what is typed for Ctrl-P Ctrl-Q. A Ctrl-P waits for the next key, which tells what it was. */
export class DetachKeys {
  #isHeld = false;

  push(typed: Buffer): Keys {
    const passed: number[] = [];
    for (const key of typed) {
      if (this.#isHeld && key === ctrlQ) return { passed: Buffer.from(passed), isDetached: true };
      if (this.#isHeld) passed.push(ctrlP);
      this.#isHeld = key === ctrlP;
      if (!this.#isHeld) passed.push(key);
    }
    return { passed: Buffer.from(passed), isDetached: false };
  }
}
