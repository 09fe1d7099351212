/** One value of a metric, with the values of its own labels in the order of the definition. */
export interface Reading {
  readonly labels: readonly string[];
  readonly value: bigint;
}

/** A metric: what kubelet is told of it once, and how its values are read. */
export interface MetricDefinition<Subject> {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  /** Labels besides those that all metrics have. */
  readonly labels: readonly string[];
  readonly read: (subject: Subject) => readonly Reading[];
}

/** How a metric of one value is read; undefined where there is none now. */
type ReadOne<Subject> = (subject: Subject) => bigint | undefined;

/** A metric that only grows. */
export function counter<Subject>(name: string, help: string, read: ReadOne<Subject>): MetricDefinition<Subject> {
  return { name: `container_${name}`, help, kind: "counter", labels: [], read: readingOf(read) };
}

/** A metric that rises and falls. */
export function gauge<Subject>(name: string, help: string, read: ReadOne<Subject>): MetricDefinition<Subject> {
  return { name: `container_${name}`, help, kind: "gauge", labels: [], read: readingOf(read) };
}

/** The same metric with labels of its own, a value for each set of them. */
export function labelled<Subject>(
  { name, help, kind }: MetricDefinition<Subject>,
  labels: readonly string[],
  read: (subject: Subject) => readonly Reading[],
): MetricDefinition<Subject> {
  return { name, help, kind, labels, read };
}

/** For metrics whose values are read by {@link labelled}. */
export function nothing(): undefined {
  return undefined;
}

function readingOf<Subject>(read: ReadOne<Subject>): (subject: Subject) => readonly Reading[] {
  return (subject) => {
    const value = read(subject);
    return value === undefined ? [] : [{ labels: [], value }];
  };
}

/** CRI carries whole numbers only: parts of a second are lost. */
export function secondsOfNanos(nanos: bigint): bigint {
  return nanos / 1_000_000_000n;
}
