import type { Image } from "#proto/cri/v1/runtime_pb.js";
import type { Session } from "./session.ts";

/** Finds images by any of their names, asking the server once a name. */
export class ImageLookup {
  readonly #session: Session;
  readonly #asked = new Map<string, Promise<Image | undefined>>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** The image that a reference or an id means; undefined when it is not here. */
  find(name: string): Promise<Image | undefined> {
    const asked = this.#asked.get(name) ?? this.#ask(name);
    this.#asked.set(name, asked);
    return asked;
  }

  async #ask(name: string): Promise<Image | undefined> {
    const { client, reading } = this.#session;
    return (await client.imageStatus({ image: { image: name } }, reading)).image;
  }
}
