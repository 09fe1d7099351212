// canary src/image/same-layer.ts: image may not import network
import type { Network } from "#network";

export type Seen = Network;
