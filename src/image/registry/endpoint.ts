import type { EndpointSettings } from "#spec";
import type { EndpointTls } from "./endpoint-tls.ts";

/** One place to ask for an image's content. */
export interface Endpoint {
  readonly settings: EndpointSettings;
  readonly tls: EndpointTls;
  /** The image's repository there. */
  readonly path: string;
  /** Whether it is the registry itself, as opposed to a mirror of it. */
  readonly isRegistry: boolean;
  /** The registry's own name, told to a mirror that may serve several. */
  readonly namespace?: string;
  /** Asked only when the one before it gave no answer: the same place, without TLS. */
  readonly isPlainTwin?: boolean;
}
