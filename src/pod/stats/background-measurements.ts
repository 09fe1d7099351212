/** How what takes long is measured. */
export interface MeasurementSource<Value> {
  /** Measures one object; `previous` is what was measured before. */
  readonly measure: (id: string, options: MeasureOptions<Value>) => Promise<Value>;
  /** Told of a measurement that failed. */
  readonly onFailure: (id: string, error: unknown) => void;
}

export interface MeasureOptions<Value> {
  readonly previous: Value | undefined;
  readonly signal: AbortSignal;
}

interface Measured<Value> {
  readonly value: Value;
  readonly staleAtMs: number;
}

/** How long a measurement counts. */
const freshMs = 10_000;
/** What takes long to measure is measured at most this part of the time. */
const restFactor = 20;

/**
 * Facts that take long to find, measured in the background.
 *
 * A question is answered with the latest measurement, and asks for a new one when that is old: kubelet polls, and must
 * never wait for a disk, nor for a container of ten thousand files. One object is measured at a time; without questions,
 * none.
 */
export class BackgroundMeasurements<Value> {
  readonly #source: MeasurementSource<Value>;
  readonly #measured = new Map<string, Measured<Value>>();
  readonly #wanted = new Set<string>();
  readonly #abort = new AbortController();
  #working: Promise<void> | undefined;

  constructor(source: MeasurementSource<Value>) {
    this.#source = source;
  }

  /** The latest measurement; undefined before the first. */
  find(id: string): Value | undefined {
    const known = this.#measured.get(id);
    if (known === undefined || known.staleAtMs <= performance.now()) this.#want(id);
    return known?.value;
  }

  /** Forgets what is gone. */
  forget(id: string): void {
    this.#measured.delete(id);
    this.#wanted.delete(id);
  }

  /** Resolves when everything that was asked for so far is measured. */
  async settled(): Promise<void> {
    await this.#working;
  }

  /** Stops measuring. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#working;
  }

  #want(id: string): void {
    if (this.#abort.signal.aborted) return;
    this.#wanted.add(id);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    for (const id of this.#wanted) {
      if (this.#abort.signal.aborted) break;
      await this.#measure(id);
      this.#wanted.delete(id);
    }
    this.#working = undefined;
  }

  async #measure(id: string): Promise<void> {
    const startedAtMs = performance.now();
    const { signal } = this.#abort;
    try {
      const value = await this.#source.measure(id, { previous: this.#measured.get(id)?.value, signal });
      const now = performance.now();
      // Forgotten while it was measured.
      if (!this.#wanted.has(id)) return;
      this.#measured.set(id, { value, staleAtMs: now + Math.max(freshMs, restFactor * (now - startedAtMs)) });
    } catch (error) {
      if (!signal.aborted) this.#source.onFailure(id, error);
    }
  }
}
