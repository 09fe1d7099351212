/**
 * The libraries for shims tell an event that nobody took at the socket again after 1, 2, 3, 4 and 5 s more, and then give up.
 *
 * @see https://github.com/containerd/containerd/blob/2ac2b9c909fb64f4d06958a0ca2f556bec348d05/pkg/shim/publisher.go
 * @see https://github.com/containerd/rust-extensions/blob/cc5f2bd75baede8f059a0598bffa4cbe8d091788/crates/shim/src/asynchronous/publisher.rs
 */
const repetitions = { lastAfterMs: 15_000, mostApartMs: 5_000 };
/** Time that telling itself may take. */
const tellingMs = 1_000;
/** By how much the news of a kill may be later than that of the end which it caused: two threads of a shim tell them. */
const latenessMs = 2_000;

/** Until when a shim may still tell at the socket what ended a container at `atMs`, where somebody listens since `listensSinceMs`. */
export function newsByMs(atMs: number, listensSinceMs: number): number {
  const agoMs = listensSinceMs - atMs;
  if (agoMs <= 0) return atMs + latenessMs;
  if (agoMs > repetitions.lastAfterMs) return atMs;
  return listensSinceMs + Math.min(repetitions.mostApartMs, repetitions.lastAfterMs - agoMs) + tellingMs;
}
