import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "./clock.ts";
import { Fault } from "./fault.ts";

/** What a step is done to. */
export interface StageSubject {
  /** What it is, in one word. */
  readonly kind: string;
  readonly id: string;
  /** The name that its users know it by. */
  readonly name: string;
  /** The object that it belongs to, where it belongs to one. */
  readonly parentId?: string;
}

/** What is done to the machine and to no object on it: one name for all of it. */
export const nodeSubject: StageSubject = { kind: "node", id: "node", name: "node" };

/** act: what a client or recovery asked for; stage: a named part of it; command: an outside program that the part runs. */
export type StepKind = "act" | "stage" | "command";

/** Something that takes time, is done to one object, and may fail. The same value from its beginning to its end. */
export interface Step {
  readonly kind: StepKind;
  readonly name: string;
  readonly subject: StageSubject;
  /** The step that this one is a part of; undefined for what nobody is inside of. */
  readonly parent: Step | undefined;
  readonly startedAtNanos: bigint;
  /** What is known of it from the beginning; JSON can hold it. */
  readonly facts: StepFacts;
}

export type StepFacts = Readonly<Record<string, unknown>>;

/** How a step ended. */
export interface StepEnd {
  readonly durationMs: number;
  /** Undefined when it succeeded. */
  readonly error: unknown;
  /** What is known of it at the end; JSON can hold it. */
  readonly facts: StepFacts;
}

/**
 * Told of every step when it begins and when it ends: journal, metrics, traces.
 *
 * It is called inside the step's own turn of the event loop: it must be quick and must not throw.
 */
export interface StageObserver {
  began(step: Step): void;
  ended(step: Step, end: StepEnd): void;
}

interface RunningStep extends Step {
  readonly parent: RunningStep | undefined;
  isOver: boolean;
}

const noFacts: StepFacts = {};

/** The objects that acts were under way on while somebody looked. */
export interface ActWatch {
  /** Ids of the objects that an act ran on when the watch began, or began since, and of those that they belong to. */
  readonly touched: ReadonlySet<string>;
  close(): void;
}

/**
 * The steps that run now, each inside the one that called it.
 *
 * Who runs inside whom follows the calls by itself, through every `await`: an
 * outside program finds the stage that runs it without being told. What goes on
 * after its step has ended is no part of it any more.
 */
export class Stages {
  readonly #clock: Clock;
  readonly #observers: readonly StageObserver[];
  readonly #running = new AsyncLocalStorage<RunningStep>();
  readonly #acts = new Set<Step>();
  readonly #watches = new Set<Set<string>>();

  constructor(clock: Clock, observers: readonly StageObserver[]) {
    this.#clock = clock;
    this.#observers = observers;
  }

  /** Runs an act. What it throws goes on as it is: its stages have said where it failed. */
  act<T>(name: string, subject: StageSubject, work: () => Promise<T>, detail = ""): Promise<T> {
    const facts = detail === "" ? noFacts : { detail };
    return this.#run({ kind: "act", name, subject, facts }, work, () => noFacts);
  }

  /** The acts that run now, oldest first. */
  acts(): readonly Step[] {
    return [...this.#acts];
  }

  /**
   * Begins to note on which objects there are acts: what is seen of an object meanwhile may be half of a change.
   *
   * An act that ended before, and one that begins after the watch is closed, are not in it.
   */
  watchActs(): ActWatch {
    const touched = new Set([...this.#acts].flatMap(({ subject }) => idsOf(subject)));
    this.#watches.add(touched);
    return { touched, close: () => void this.#watches.delete(touched) };
  }

  /**
   * Runs a stage.
   *
   * @param detail which of the stages of this name it is; those who count keep to the name
   * @throws Fault of the same kind with the stage's name and detail in front of its message
   */
  async stage<T>(name: string, subject: StageSubject, work: () => Promise<T>, detail = ""): Promise<T> {
    const facts = detail === "" ? noFacts : { detail };
    try {
      return await this.#run({ kind: "stage", name, subject, facts }, work, () => noFacts);
    } catch (error) {
      throw Fault.within(detail === "" ? name : `${name} ${detail}`, error);
    }
  }

  /** Runs a command as a part of the step that runs now; outside of any step nobody is told. */
  command<T>({ name, facts, work, factsOf }: ObservedCommand<T>): Promise<T> {
    const parent = this.#current();
    if (parent === undefined) return work();
    return this.#run({ kind: "command", name, subject: parent.subject, facts }, work, factsOf);
  }

  #current(): RunningStep | undefined {
    const step = this.#running.getStore();
    return step?.isOver === true ? undefined : step;
  }

  #noteAct(step: Step): void {
    this.#acts.add(step);
    for (const touched of this.#watches) for (const id of idsOf(step.subject)) touched.add(id);
  }

  async #run<T>(
    what: Pick<Step, "kind" | "name" | "subject" | "facts">,
    work: () => Promise<T>,
    factsOf: (outcome: T) => StepFacts,
  ): Promise<T> {
    const step: RunningStep = {
      ...what,
      parent: this.#current(),
      startedAtNanos: this.#clock.nowNanos(),
      isOver: false,
    };
    const startedAt = performance.now();
    const end = (error: unknown, facts: StepFacts): void => {
      step.isOver = true;
      this.#acts.delete(step);
      const durationMs = performance.now() - startedAt;
      for (const observer of this.#observers) observer.ended(step, { durationMs, error, facts });
    };
    if (step.kind === "act") this.#noteAct(step);
    for (const observer of this.#observers) observer.began(step);
    try {
      const outcome = await this.#running.run(step, work);
      end(undefined, factsOf(outcome));
      return outcome;
    } catch (error) {
      if (!step.isOver) end(error, noFacts);
      throw error;
    }
  }
}

function idsOf({ id, parentId }: StageSubject): readonly string[] {
  return parentId === undefined ? [id] : [id, parentId];
}

/** A run of an outside program, as observers are told of it. */
export interface ObservedCommand<T> {
  readonly name: string;
  readonly facts: StepFacts;
  readonly work: () => Promise<T>;
  /** What its outcome adds. */
  readonly factsOf: (outcome: T) => StepFacts;
}
