import type { ContainerDetail, SandboxDetail } from "#pod";
import {
  ContainerMetricsSchema,
  ListPodSandboxMetricsResponseSchema,
  MetricSchema,
  MetricType,
  PodSandboxMetricsSchema,
  UInt64ValueSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { cgroupMetrics } from "./cgroup-metrics.ts";
import type { MetricDefinition, ReadAll, TakeReading } from "./definition.ts";
import { diskMetrics, layerMetrics } from "./disk-metrics.ts";
import { networkMetrics } from "./network-metrics.ts";
import { taskMetrics } from "./task-metrics.ts";
import { usageMetrics } from "./usage-metrics.ts";
import { Joiner, lengthOf, lengthOfNumber, numberOf, WireWriter } from "./wire-writer.ts";

/** The values of the base labels for one pod or container, in their order. */
type BaseValues = [container: string, id: string, image: string, name: string, namespace: string, pod: string];

/** A metric whose name and type are encoded already. */
interface EncodedDefinition<Subject> {
  readonly head: Uint8Array;
  readonly read: ReadAll<Subject>;
}

/** What is read, whose it is, and when it was. */
interface ReadContext<Subject> {
  readonly subject: Subject;
  readonly base: BaseValues;
  readonly atNanos: bigint;
}

const metricFields = MetricSchema.field;
const nothing = new Uint8Array();
/** Numbers grow from one list to the next. */
const slack = 1.05;

/**
 * Encodes what is known of pods as cadvisor's metrics, straight into the bytes of the answer.
 *
 * The label values are those that cadvisor gives: a pod's own rows are those of a container without a name, except for the
 * network, whose container it calls POD.
 */
export class MetricsEncoder {
  readonly #usage = usageMetrics.map(encodeDefinition);
  readonly #cgroup = [...cgroupMetrics, ...diskMetrics].map(encodeDefinition);
  readonly #layer = layerMetrics.map(encodeDefinition);
  readonly #tasks = taskMetrics.map(encodeDefinition);
  readonly #network = networkMetrics.map(encodeDefinition);

  /** Bytes of the latest whole list. */
  #listBytes = 0;

  /** Encodes a list: each pod is encoded where the one before was, and copied from there while it is at hand. */
  async list(details: AsyncIterable<SandboxDetail>): Promise<Uint8Array> {
    const scratch: Scratch = newScratch();
    const list = new Joiner(Math.ceil(this.#listBytes * slack));
    for await (const detail of details) {
      list.add(this.#encodeSandbox(scratch, detail));
      scratch.writer.rewind();
    }
    const bytes = list.all();
    this.#listBytes = bytes.length;
    return bytes;
  }

  /** Begins an answer: gives what encodes a pod as an item of the only field of the list and of the stream's pieces, in parts. */
  begin(): (detail: SandboxDetail) => readonly Uint8Array[] {
    const scratch: Scratch = newScratch();
    return (detail) => this.#encodeSandbox(scratch, detail);
  }

  #encodeSandbox(scratch: Scratch, detail: SandboxDetail): readonly Uint8Array[] {
    const { sandbox, network } = detail.stats;
    const { name, namespace } = sandbox.config.metadata;
    const own: BaseValues = ["", detail.cgroupPath, "", "", namespace, name];
    const shared: BaseValues = ["POD", detail.cgroupPath, "", sandbox.id, namespace, name];
    const { podSandboxId, metrics, containerMetrics: containers } = PodSandboxMetricsSchema.field;
    const { writer } = scratch;
    const place = { ...scratch, field: metrics.number };
    const parts = [writer.text(podSandboxId.number, sandbox.id).take(), ...this.#encodeWhole(place, detail, own)];
    if (network !== undefined) {
      const { interfaces: subject, takenAtNanos: atNanos } = network;
      parts.push(encodeReadings(place, this.#network, { subject, base: shared, atNanos }));
    }
    for (const container of detail.containers) {
      const encoded = this.#encodeContainer(scratch, detail, container);
      parts.push(writer.open(containers.number, lengthOf(encoded)).take(), ...encoded);
    }
    const { podMetrics } = ListPodSandboxMetricsResponseSchema.field;
    return [writer.open(podMetrics.number, lengthOf(parts)).take(), ...parts];
  }

  /** A pod's own rows. */
  #encodeWhole(place: Place, { stats, detail, census }: SandboxDetail, base: BaseValues): readonly Uint8Array[] {
    const { sample, processCount } = stats;
    const { createdAtNanos } = stats.sandbox;
    const atNanos = sample.takenAtNanos;
    const usage = encodeReadings(place, this.#usage, { subject: sample, base, atNanos });
    if (detail === undefined) return [usage];
    const subject = { sample, detail, processCount, createdAtNanos, startedAtNanos: createdAtNanos };
    const tasks =
      census === undefined
        ? []
        : [encodeReadings(place, this.#tasks, { subject: census, base, atNanos: census.takenAtNanos })];
    return [usage, encodeReadings(place, this.#cgroup, { subject, base, atNanos }), ...tasks];
  }

  #encodeContainer(scratch: Scratch, { stats, disk }: SandboxDetail, detail: ContainerDetail): readonly Uint8Array[] {
    const { container, sample, cgroupPath, census } = detail;
    const { createdAtNanos, startedAtNanos } = container;
    const { metadata, image } = container.config;
    const { name, namespace } = stats.sandbox.config.metadata;
    const imageName = image.userSpecifiedImage === "" ? image.image : image.userSpecifiedImage;
    const base: BaseValues = [metadata.name, cgroupPath, imageName, container.id, namespace, name];
    const { containerId, metrics } = ContainerMetricsSchema.field;
    const place = { ...scratch, field: metrics.number };
    const atNanos = sample.takenAtNanos;
    return [
      scratch.writer.text(containerId.number, container.id).take(),
      encodeReadings(place, this.#usage, { subject: sample, base, atNanos }),
      encodeReadings(place, this.#cgroup, { subject: { ...detail, createdAtNanos, startedAtNanos }, base, atNanos }),
      encodeReadings(place, this.#layer, { subject: { ...detail, disk }, base, atNanos }),
      ...(census === undefined
        ? []
        : [encodeReadings(place, this.#tasks, { subject: census, base, atNanos: census.takenAtNanos })]),
    ];
  }
}

function encodeDefinition<Subject>({ name, kind, read }: MetricDefinition<Subject>): EncodedDefinition<Subject> {
  const type = kind === "counter" ? MetricType.COUNTER : MetricType.GAUGE;
  const { name: nameField, metricType } = metricFields;
  return { head: new WireWriter().text(nameField.number, name).number(metricType.number, type).take(), read };
}

/** What is used for all metrics of an answer. */
interface Scratch {
  readonly writer: WireWriter;
  readonly labelWriter: WireWriter;
  /** Own labels that are encoded already, by their values: devices, interfaces, states. */
  readonly labels: Map<string, Uint8Array>;
}

function newScratch(): Scratch {
  return { writer: new WireWriter(), labelWriter: new WireWriter(), labels: new Map() };
}

interface Place extends Scratch {
  /** Number of the field that takes the metrics. */
  readonly field: number;
}

/** All metrics of a subject, one after the other. */
function encodeReadings<Subject>(
  place: Place,
  definitions: readonly EncodedDefinition<Subject>[],
  { subject, base, atNanos }: ReadContext<Subject>,
): Uint8Array {
  const { writer } = place;
  const shared = writeLabels(writer.number(metricFields.timestamp.number, atNanos), base).take();
  let head: Uint8Array = nothing;
  const take: TakeReading = (value, labels) => {
    const own = encodedLabels(place, labels);
    const number = numberOf(value);
    const valueLength = lengthOfNumber(number);
    const length = head.length + shared.length + own.length + headerLength + valueLength;
    writer.open(place.field, length).raw(head).raw(shared).raw(own);
    writer.open(metricFields.value.number, valueLength).number(UInt64ValueSchema.field.value.number, number);
  };
  for (const definition of definitions) {
    head = definition.head;
    definition.read(subject, take);
  }
  return writer.take();
}

/** Of a field below 16 whose content is shorter than 128 bytes. */
const headerLength = 2;

function encodedLabels({ labels: known, labelWriter }: Place, labels: readonly string[]): Uint8Array {
  const [first] = labels;
  if (first === undefined) return nothing;
  const key = labels.length === 1 ? first : labels.join("\0");
  const encoded = known.get(key) ?? writeLabels(labelWriter, labels).take();
  known.set(key, encoded);
  return encoded;
}

function writeLabels(writer: WireWriter, labels: readonly string[]): WireWriter {
  for (const label of labels) writer.text(metricFields.labelValues.number, label);
  return writer;
}
