import { Fault } from "#foundation";
import { toList, toObject, toTexts } from "../image/fields.ts";

/** One entry of a class: what holds for some devices, or without devices for all. */
export interface BlockioEntry {
  /** Paths, in which "*" stands for anything; empty: the entry is about no device alone. */
  readonly devices: readonly string[];
  /** 10 to 1000. */
  readonly weight?: number;
  readonly throttleReadBps?: bigint;
  readonly throttleWriteBps?: bigint;
  readonly throttleReadIOPS?: bigint;
  readonly throttleWriteIOPS?: bigint;
}

/** Classes of block I/O by name. */
export type BlockioClasses = ReadonlyMap<string, readonly BlockioEntry[]>;

const rateNames = ["ThrottleReadBps", "ThrottleWriteBps", "ThrottleReadIOPS", "ThrottleWriteIOPS"] as const;
const knownNames: ReadonlySet<string> = new Set(["Devices", "Weight", ...rateNames]);
const lowestWeight = 10;
const highestWeight = 1_000;

/**
 * Decodes a file of classes of block I/O, in the form that the field's runtimes share:
 * `Classes: {NAME: [{Devices: [PATH], ThrottleReadBps: 10M, Weight: 100}]}`.
 *
 * @throws Fault `invalid` naming the class and the key
 */
export function decodeBlockioClasses(value: unknown): BlockioClasses {
  const file = toObject(value, "the file");
  const unknown = Object.keys(file).find((key) => key !== "Classes");
  if (unknown !== undefined) throw new Fault("invalid", `${unknown} is no key of the file`);
  const classes = toObject(file["Classes"], "Classes");
  return new Map(
    Object.entries(classes).map(([name, entries]) => {
      const what = `class ${name}`;
      return [name, toList(entries, what).map((entry, index) => decodeEntry(entry, `${what}[${index}]`))];
    }),
  );
}

function decodeEntry(value: unknown, what: string): BlockioEntry {
  const entry = toObject(value, what);
  const unknown = Object.keys(entry).find((key) => !knownNames.has(key));
  if (unknown !== undefined) throw new Fault("invalid", `${what}.${unknown} is no key of a class`);
  const devices = toTexts(entry["Devices"], `${what}.Devices`);
  const relative = devices.find((path) => !path.startsWith("/"));
  if (relative !== undefined) throw new Fault("invalid", `${what}.Devices: ${relative} is not an absolute path`);
  const rates = rateNames.flatMap((name) => {
    const rate = entry[name];
    if (rate === undefined) return [];
    if (devices.length === 0) throw new Fault("invalid", `${what}.${name} needs Devices`);
    return [[`t${name.slice(1)}`, toRate(rate, `${what}.${name}`)]];
  });
  const weight = entry["Weight"];
  return {
    devices,
    ...(weight === undefined ? {} : { weight: toWeight(weight, `${what}.Weight`) }),
    ...(Object.fromEntries(rates) as Partial<BlockioEntry>),
  };
}

function toWeight(value: unknown, what: string): number {
  const weight = Number(toRate(value, what));
  if (weight >= lowestWeight && weight <= highestWeight) return weight;
  throw new Fault("invalid", `${what}: ${weight} is not between ${lowestWeight} and ${highestWeight}`);
}

const factors: Readonly<Record<string, bigint>> = {
  "": 1n,
  k: 1_000n,
  M: 1_000_000n,
  G: 1_000_000_000n,
  T: 1_000_000_000_000n,
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
};

/** A whole number with a suffix as quantities in Kubernetes have it: 10M, 64Ki. */
function toRate(value: unknown, what: string): bigint {
  const text = typeof value === "number" ? String(value) : value;
  const match = typeof text === "string" ? /^(\d{1,15})(k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text) : null;
  const [, digits, suffix = ""] = match ?? [];
  const factor = factors[suffix];
  if (digits === undefined || factor === undefined) {
    throw new Fault("invalid", `${what}: ${JSON.stringify(value)} is not a number such as 10M or 64Ki`);
  }
  return BigInt(digits) * factor;
}
