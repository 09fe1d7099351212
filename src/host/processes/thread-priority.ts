import { setPriority } from "node:os";

/** A third of the processor time that threads of ordinary priority get, where there is not enough for all. */
const backgroundNice = 5;

/**
 * Lets all other threads go first, from now on and for good.
 *
 * On Linux the priority that a process sets for itself is the calling thread's
 * alone, so the daemon's own thread keeps its.
 *
 * @see https://man7.org/linux/man-pages/man2/setpriority.2.html
 */
export function lowerThreadPriority(): void {
  setPriority(backgroundNice);
}
