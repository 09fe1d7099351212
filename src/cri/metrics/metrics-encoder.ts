import { setImmediate } from "node:timers/promises";
import type { ContainerDetail, SandboxDetail } from "#pod";
import {
  ContainerMetricsSchema,
  ListPodSandboxMetricsResponseSchema,
  MetricSchema,
  MetricType,
  PodSandboxMetricsSchema,
  UInt64ValueSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { containerMetrics } from "./container-metrics.ts";
import type { MetricDefinition, Reading } from "./definition.ts";
import { diskMetrics } from "./disk-metrics.ts";
import { networkMetrics } from "./network-metrics.ts";
import { taskMetrics } from "./task-metrics.ts";
import { usageMetrics } from "./usage-metrics.ts";
import { lengthOf, lengthOfNumber, WireWriter } from "./wire-writer.ts";

/** The values of the base labels for one pod or container, in their order. */
type BaseValues = [container: string, id: string, image: string, name: string, namespace: string, pod: string];

/** A metric whose name and type are encoded already. */
interface EncodedDefinition<Subject> {
  readonly head: Uint8Array;
  readonly read: (subject: Subject) => readonly Reading[];
}

/** What is read, whose it is, and when it was. */
interface ReadContext<Subject> {
  readonly subject: Subject;
  readonly base: BaseValues;
  readonly atNanos: bigint;
}

const metricFields = MetricSchema.field;
const nothing = new Uint8Array();
/** Pods whose metrics are encoded in one turn of the event loop: about a millisecond. */
const batchSize = 16;

/**
 * Encodes what is known of pods as cadvisor's metrics, straight into the bytes of the answer.
 *
 * The label values are those that cadvisor gives: a pod's own rows are those of a container without a name, except for the
 * network, whose container it calls POD.
 */
export class MetricsEncoder {
  readonly #usage = usageMetrics.map(encodeDefinition);
  readonly #container = [...containerMetrics, ...diskMetrics].map(encodeDefinition);
  readonly #tasks = taskMetrics.map(encodeDefinition);
  readonly #network = networkMetrics.map(encodeDefinition);

  /** Each pod as an item of the only field of the list and of the stream's pieces, in parts. */
  async encode(details: readonly SandboxDetail[]): Promise<readonly (readonly Uint8Array[])[]> {
    const scratch: Scratch = { writer: new WireWriter(), labels: new Map() };
    const items: (readonly Uint8Array[])[] = [];
    for (const [index, detail] of details.entries()) {
      if (index > 0 && index % batchSize === 0) await setImmediate();
      items.push(this.#encodeSandbox(scratch, detail));
    }
    return items;
  }

  #encodeSandbox(scratch: Scratch, detail: SandboxDetail): readonly Uint8Array[] {
    const { sandbox, sample, network } = detail.stats;
    const { name, namespace } = sandbox.config.metadata;
    const own: BaseValues = ["", detail.cgroupPath, "", "", namespace, name];
    const shared: BaseValues = ["POD", detail.cgroupPath, "", sandbox.id, namespace, name];
    const { podSandboxId, metrics, containerMetrics: containers } = PodSandboxMetricsSchema.field;
    const { writer } = scratch;
    const place = { ...scratch, field: metrics.number };
    const parts = [
      writer.text(podSandboxId.number, sandbox.id).take(),
      encodeReadings(place, this.#usage, { subject: sample, base: own, atNanos: sample.takenAtNanos }),
    ];
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

  #encodeContainer(scratch: Scratch, { stats, disk }: SandboxDetail, detail: ContainerDetail): readonly Uint8Array[] {
    const { container, sample, cgroupPath, census } = detail;
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
      encodeReadings(place, this.#container, { subject: { ...detail, disk }, base, atNanos }),
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
  /** Own labels that are encoded already, by their values: devices, interfaces, states. */
  readonly labels: Map<string, Uint8Array>;
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
  for (const { head, read } of definitions) {
    for (const { labels, value } of read(subject)) {
      const own = encodedLabels(place, labels);
      const valueLength = lengthOfNumber(value);
      const length = head.length + shared.length + own.length + headerLength + valueLength;
      writer.open(place.field, length).raw(head).raw(shared).raw(own);
      writer.open(metricFields.value.number, valueLength).number(UInt64ValueSchema.field.value.number, value);
    }
  }
  return writer.take();
}

/** Of a field below 16 whose content is shorter than 128 bytes. */
const headerLength = 2;

function encodedLabels({ labels: known }: Place, labels: readonly string[]): Uint8Array {
  if (labels.length === 0) return nothing;
  const key = labels.join("\0");
  const encoded = known.get(key) ?? writeLabels(new WireWriter(), labels).take();
  known.set(key, encoded);
  return encoded;
}

function writeLabels(writer: WireWriter, labels: readonly string[]): WireWriter {
  for (const label of labels) writer.text(metricFields.labelValues.number, label);
  return writer;
}
