import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "#foundation";
import { tooManyTokens } from "./faults.ts";

export interface TokenOptions {
  readonly lifeMs: number;
  readonly max: number;
}

interface Waiting<T> {
  readonly secret: Buffer;
  readonly value: T;
  readonly expiresAtNanos: bigint;
}

/** A token's first part finds it and is no secret; the second is, and is compared in constant time. */
const nameBytes = 6;
const secretBytes = 16;

/**
 * What waits for the client that comes with the right token: once, and not for
 * long. Whoever knows a token may run a command as root in a container.
 */
export class Tokens<T> {
  readonly #options: TokenOptions;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting<T>>();

  constructor(options: TokenOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** @throws Fault `exhausted` when too many wait */
  issue(value: T): string {
    const now = this.#clock.nowNanos();
    this.#dropExpired(now);
    if (this.#waiting.size >= this.#options.max) throw tooManyTokens(this.#waiting.size);
    const token = randomBytes(nameBytes + secretBytes);
    this.#waiting.set(nameOf(token), {
      secret: token.subarray(nameBytes),
      value,
      expiresAtNanos: now + BigInt(this.#options.lifeMs) * 1_000_000n,
    });
    return token.toString("base64url");
  }

  /** What waited for this token, which is void from now on; undefined for one that is unknown, used or too old. */
  redeem(token: string): T | undefined {
    this.#dropExpired(this.#clock.nowNanos());
    const bytes = Buffer.from(token, "base64url");
    if (bytes.length !== nameBytes + secretBytes) return undefined;
    const waiting = this.#waiting.get(nameOf(bytes));
    if (waiting === undefined || !timingSafeEqual(waiting.secret, bytes.subarray(nameBytes))) return undefined;
    this.#waiting.delete(nameOf(bytes));
    return waiting.value;
  }

  clear(): void {
    this.#waiting.clear();
  }

  #dropExpired(now: bigint): void {
    for (const [name, { expiresAtNanos }] of this.#waiting) {
      if (expiresAtNanos <= now) this.#waiting.delete(name);
    }
  }
}

function nameOf(token: Buffer): string {
  return token.toString("base64url", 0, nameBytes);
}
