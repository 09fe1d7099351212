import { hostSkipped } from "../faults.ts";
import { describeNetworkError } from "./network-error.ts";

export interface CircuitBreakerOptions {
  /** How long a host is left alone after its first silence; it doubles with each further one. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

/** How a host is to be asked. */
export interface Asking {
  /** "anyway" does not heed an open circuit: nobody else is left to ask. */
  readonly mode: "heed" | "anyway";
  /** Whether what was thrown says nothing about the host: the caller gave up, or somebody else failed. */
  isBesides(thrown: unknown): boolean;
}

/** A host that gave no answer. */
interface Circuit {
  readonly problem: string;
  readonly openedAtMs: number;
  readonly pauseMs: number;
  /** Whether somebody asks the host right now whether it is back. */
  isProbed: boolean;
}

/**
 * Knows which hosts give no answer, so that a pull does not wait for them
 * again: one circuit a host, over all pulls.
 *
 * Invariants: a host that answers anything has no circuit; after a pause one
 * caller at a time asks whether it is back, and all others go on without it.
 */
export class CircuitBreakers {
  readonly #options: CircuitBreakerOptions;
  readonly #nowMs: () => number;
  readonly #circuits = new Map<string, Circuit>();

  constructor(options: CircuitBreakerOptions, nowMs: () => number = () => performance.now()) {
    this.#options = options;
    this.#nowMs = nowMs;
  }

  /**
   * Asks a host, unless it is known to be silent; learns from the outcome.
   *
   * @throws Fault `unavailable` (`isSkipped`) when it was not asked; whatever `ask` throws
   */
  async run<T>(host: string, ask: () => Promise<T>, asking: Asking): Promise<T> {
    const circuit = this.#circuits.get(host);
    const isProbe = this.#enter(host, circuit, asking.mode);
    try {
      const answer = await ask();
      this.#circuits.delete(host);
      return answer;
    } catch (error) {
      if (!asking.isBesides(error)) this.#open(host, error, isProbe);
      throw error;
    } finally {
      if (isProbe && circuit !== undefined) circuit.isProbed = false;
    }
  }

  /** Whether the caller is the one that finds out if the host is back. */
  #enter(host: string, circuit: Circuit | undefined, mode: Asking["mode"]): boolean {
    if (circuit === undefined) return false;
    const now = this.#nowMs();
    const restMs = circuit.openedAtMs + circuit.pauseMs - now;
    if (restMs <= 0 && !circuit.isProbed) {
      circuit.isProbed = true;
      return true;
    }
    if (mode === "anyway") return false;
    throw hostSkipped(host, circuit.problem, { agoMs: now - circuit.openedAtMs, restMs: Math.max(0, restMs) });
  }

  /** A failure beside others of the same moment says nothing new; a failed probe does. */
  #open(host: string, error: unknown, isProbe: boolean): void {
    const { pauseMs, maxPauseMs } = this.#options;
    const before = this.#circuits.get(host);
    if (before !== undefined && !isProbe) return;
    this.#circuits.set(host, {
      problem: describeNetworkError(error),
      openedAtMs: this.#nowMs(),
      pauseMs: before === undefined ? pauseMs : Math.min(before.pauseMs * 2, maxPauseMs),
      isProbed: false,
    });
  }
}
