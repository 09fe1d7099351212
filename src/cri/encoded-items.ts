/**
 * Items of a list as they go over the wire, each encoded once.
 *
 * They are kept by the engine's view of an object, which is another one after every change, and no longer than that.
 */
export class EncodedItems<View extends object> {
  readonly #encode: (view: View) => Uint8Array;
  readonly #kept = new WeakMap<View, Uint8Array>();

  /** `encode` gives a list of this one item. */
  constructor(encode: (view: View) => Uint8Array) {
    this.#encode = encode;
  }

  of(views: readonly View[]): readonly Uint8Array[] {
    return views.map((view) => this.#bytesOf(view));
  }

  #bytesOf(view: View): Uint8Array {
    const known = this.#kept.get(view);
    if (known !== undefined) return known;
    const bytes = this.#encode(view);
    this.#kept.set(view, bytes);
    return bytes;
  }
}
