import { abortReason } from "./deadline.ts";

/** One step that can be taken back. */
export interface UndoStep {
  /** What taking it back does, as a log line: "remove network namespace". */
  readonly name: string;
  /** Older steps depend on this one: when it fails they must stay untouched. */
  readonly holdsOlder?: boolean;
  /** Takes the step back. Must be safe to run twice. */
  run(signal: AbortSignal): Promise<void> | void;
}

/** A step that could not be taken back (`error`), or was held by one that could not. */
export interface Leftover {
  readonly name: string;
  readonly error?: unknown;
}

/** Time that each step has for being taken back. */
export const undoBudgetMs = 60_000;

/**
 * The steps of one piece of work, so that a failure can revert it.
 *
 * Push an undo *before* an act that can half-happen (CNI ADD), and *after* one
 * that is atomic (mkdir, rename).
 */
export class UndoStack {
  readonly #steps: UndoStep[] = [];

  push(step: UndoStep): void {
    this.#steps.push(step);
  }

  /** Reverts newest first, each step inside its budget; reports what it could not revert, never throws. */
  async revert(budgetMs: number = undoBudgetMs): Promise<readonly Leftover[]> {
    const leftovers: Leftover[] = [];
    let isHeld = false;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      if (isHeld) {
        leftovers.push({ name: step.name });
        continue;
      }
      try {
        await runWithin(step, budgetMs);
      } catch (error) {
        leftovers.push({ name: step.name, error });
        isHeld = step.holdsOlder ?? false;
      }
    }
    return leftovers;
  }
}

/**
 * Runs `work`; when it fails, reverts its steps, hands what could not be
 * reverted to `onLeftovers`, and rethrows the first error unchanged.
 *
 * The revert has a signal of its own: a cancelled request must still be able to
 * clean up after itself.
 */
export async function allOrNothing<T>(
  work: (undo: UndoStack) => Promise<T>,
  onLeftovers: (leftovers: readonly Leftover[], cause: unknown) => Promise<void> | void,
): Promise<T> {
  const undo = new UndoStack();
  try {
    return await work(undo);
  } catch (cause) {
    const leftovers = await undo.revert();
    if (leftovers.length > 0) await onLeftovers(leftovers, cause);
    throw cause;
  }
}

async function runWithin(step: UndoStep, budgetMs: number): Promise<void> {
  const signal = AbortSignal.timeout(budgetMs);
  await Promise.race([step.run(signal), abortReason(signal)]);
}
