/** Work that is done now and then. */
export interface Periodic {
  /** The end of the first time. */
  readonly first: Promise<void>;
  /** Does it no more, and waits for the time that runs. */
  close(): Promise<void>;
}

/** Does work now and from then on at each period, never twice at once. The work must not throw: nobody is there to be told. */
export function startPeriodic(periodMs: number, work: () => Promise<void>): Periodic {
  const first = work();
  let running = first;
  const timer = setInterval(() => {
    running = running.then(work);
  }, periodMs).unref();
  return {
    first,
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
