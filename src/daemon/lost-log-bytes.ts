/** What a log has lost since its container was started. */
interface LostLog {
  readonly id: string;
  readonly bytes: number;
}

/**
 * Counts what logs lose, from the moment that it begins: each tells how much it has lost in all, again and again, and a last
 * time at its container's end.
 */
export class LostLogBytes {
  readonly #onBytes: (bytes: number) => void;
  readonly #known = new Map<string, number>();

  constructor(onBytes: (bytes: number) => void) {
    this.#onBytes = onBytes;
  }

  /** Takes what was lost already for counted. */
  skip(logs: readonly LostLog[]): void {
    for (const { id, bytes } of logs) this.#known.set(id, bytes);
  }

  /** Counts what was lost since the log told last. */
  count({ id, bytes }: LostLog): void {
    const before = this.#known.get(id) ?? 0;
    // Told late: its end was told meanwhile.
    if (bytes <= before) return;
    this.#known.set(id, bytes);
    this.#onBytes(bytes - before);
  }

  /** Forgets the logs of containers that are not among these. */
  keep(containers: readonly { readonly id: string }[]): void {
    const ids = new Set(containers.map(({ id }) => id));
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
  }
}
