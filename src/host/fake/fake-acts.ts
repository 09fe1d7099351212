/** One call that a test may watch or let fail: its name ("mounts.mount") and what it is about (a path, a program). */
export interface FakeAct {
  readonly name: string;
  readonly subject: string;
}

/** Sees an act before it takes effect; what it throws is how the act fails. */
export type ActInterceptor = (act: FakeAct) => void | Promise<void>;

/** What was done to a fake host, in order, and the place where a test makes an act fail. */
export class FakeActs {
  readonly #done: FakeAct[] = [];
  readonly #interceptors: ActInterceptor[] = [];

  /** Every act so far, the failed ones included. */
  get all(): readonly FakeAct[] {
    return this.#done;
  }

  intercept(interceptor: ActInterceptor): void {
    this.#interceptors.push(interceptor);
  }

  /** Called by the parts of the fake host before each effect. */
  async begin(name: string, subject: string): Promise<void> {
    const act: FakeAct = { name, subject };
    this.#done.push(act);
    for (const interceptor of this.#interceptors) await interceptor(act);
  }
}
