/** How long a runtime may take. It can change while the runtime is in use, and is read anew for each act. */
export interface RuntimeTimeouts {
  /** To make a container: images and volumes are mounted in it. */
  readonly createMs: number;
  /** For any other call. */
  readonly callMs: number;
}

/** Those of a runtime of which nobody says more. */
export const usualTimeouts: RuntimeTimeouts = { createMs: 240_000, callMs: 60_000 };
