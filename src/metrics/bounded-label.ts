/** Stands for every value beyond the bound. */
const others = "other";

/**
 * Lets through the first values of a label and calls the rest `other`: what a
 * stranger can choose, such as a registry's name, must not grow the memory of
 * crispd and of whoever collects its metrics.
 */
export class BoundedLabel {
  readonly #bound: number;
  readonly #known = new Set<string>();

  constructor(bound: number) {
    this.#bound = bound;
  }

  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#bound) return others;
    this.#known.add(value);
    return value;
  }
}
