/** Takes one value of a metric, with the values of its own labels in the order of the definition. */
export type TakeReading = (value: bigint, labels: readonly string[]) => void;

/** A metric: what kubelet is told of it once, and how its values are read. */
export interface MetricDefinition<Subject> {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  /** Labels besides those that all metrics have. */
  readonly labels: readonly string[];
  /** Tells its values: as calls, since a scrape of a full node reads ten thousand of them. */
  readonly read: ReadAll<Subject>;
}

export type ReadAll<Subject> = (subject: Subject, take: TakeReading) => void;

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
  read: ReadAll<Subject>,
): MetricDefinition<Subject> {
  return { name, help, kind, labels, read };
}

/** For metrics whose values are read by {@link labelled}. */
export function nothing(): undefined {
  return undefined;
}

const noLabels: readonly string[] = [];

function readingOf<Subject>(read: ReadOne<Subject>): ReadAll<Subject> {
  return (subject, take) => {
    const value = read(subject);
    if (value !== undefined) take(value, noLabels);
  };
}

/** CRI carries whole numbers only: parts of a second are lost. */
export function secondsOfNanos(nanos: bigint): bigint {
  return nanos / 1_000_000_000n;
}
