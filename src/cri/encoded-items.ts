/**
 * Items of a list as they go over the wire, each encoded once.
 *
 * They are kept by the engine's view of an object, which is another one after every change, and no longer than that. A list
 * that is asked for again is kept whole.
 */
export class EncodedItems<View extends object> {
  readonly #encode: (view: View) => Uint8Array;
  readonly #items = new WeakMap<View, Uint8Array>();
  /** Undefined of a list that was asked for once: most are of a moment, and joining would cost their bytes again. */
  readonly #lists = new WeakMap<readonly View[], Uint8Array | undefined>();

  /** `encode` gives a list of this one item. */
  constructor(encode: (view: View) => Uint8Array) {
    this.#encode = encode;
  }

  /** One after the other. */
  of(views: readonly View[]): readonly Uint8Array[] {
    return views.map((view) => this.#bytesOf(view));
  }

  /** The same, in one piece where it is there. */
  joined(views: readonly View[]): readonly Uint8Array[] {
    const known = this.#lists.get(views);
    if (known !== undefined) return [known];
    const items = this.of(views);
    if (!this.#lists.has(views)) {
      this.#lists.set(views, undefined);
      return items;
    }
    const list = Buffer.concat(items);
    this.#lists.set(views, list);
    return [list];
  }

  #bytesOf(view: View): Uint8Array {
    const known = this.#items.get(view);
    if (known !== undefined) return known;
    const bytes = this.#encode(view);
    this.#items.set(view, bytes);
    return bytes;
  }
}
