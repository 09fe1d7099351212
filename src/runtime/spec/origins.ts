/** Whose word a part of config.json is. */
export type OriginKind = "request" | "image" | "policy" | "cdi" | "machine" | "crisp";

/** Where one part of config.json comes from. */
export interface Origin {
  /** The part: "process.args", or for an entry of a list its name: "mounts[/proc]", "process.env[PATH]". */
  readonly part: string;
  readonly from: OriginKind;
  /** The field of the request, of the image or of crispd's configuration, or the reason in words. */
  readonly why: string;
}

/**
 * Where the parts of a document come from, written down by whoever chooses each.
 *
 * Of several words about a part the last one counts, as of several values.
 */
export class Origins {
  readonly #byPart = new Map<string, Origin>();

  note(part: string, from: OriginKind, why: string): void {
    this.#byPart.delete(part);
    this.#byPart.set(part, { part, from, why });
  }

  /** For what was taken out again. */
  drop(part: string): void {
    this.#byPart.delete(part);
  }

  list(): readonly Origin[] {
    return [...this.#byPart.values()];
  }
}
