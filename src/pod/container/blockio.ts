import { dirname, join } from "node:path";
import { Fault, namePattern } from "#foundation";
import type { Host } from "#host";
import { blockioClassOf } from "#runtime";
import {
  type BlockioEntry,
  type ContainerConfig,
  decodeBlockioClasses,
  type OciBlockIo,
  parseYaml,
  type SandboxConfig,
} from "#spec";
import type { PodContext } from "../context.ts";
import { blockioClassUnknown } from "../faults.ts";

const maxFileBytes = 1_048_576;

/**
 * The limits of the class of block I/O that a container's annotation names. The
 * file of classes is read anew for each such container, so that there is nothing to watch.
 *
 * @throws Fault `invalid` for a class that the file does not have
 */
export async function resolveBlockio(
  context: PodContext,
  sandbox: SandboxConfig,
  container: ContainerConfig,
): Promise<OciBlockIo | undefined> {
  const asked = blockioClassOf(sandbox, container);
  const { blockioFile } = context.options;
  // Without a file the builder refuses the class.
  if (asked === undefined || blockioFile === "") return undefined;
  const { files } = context.host;
  const entries = await readClass(files, blockioFile, asked);
  const limits = await Promise.all(entries.map((entry) => limitsOf(files, entry)));
  return mergeLimits(limits);
}

async function readClass(
  files: Host["files"],
  path: string,
  { key, name }: NonNullable<ReturnType<typeof blockioClassOf>>,
): Promise<readonly BlockioEntry[]> {
  let classes: ReturnType<typeof decodeBlockioClasses>;
  try {
    classes = decodeBlockioClasses(await parseYaml(await files.readText(path, { maxBytes: maxFileBytes })));
  } catch (error) {
    throw Fault.within(`classes of block I/O in ${path}`, error);
  }
  const entries = classes.get(name);
  if (entries === undefined) throw blockioClassUnknown(key, name, [...classes.keys()]);
  return entries;
}

type Limits = { -readonly [Key in keyof OciBlockIo]: OciBlockIo[Key] };

const rates = {
  throttleReadBps: "throttleReadBpsDevice",
  throttleWriteBps: "throttleWriteBpsDevice",
  throttleReadIOPS: "throttleReadIOPSDevice",
  throttleWriteIOPS: "throttleWriteIOPSDevice",
} as const;

async function limitsOf(files: Host["files"], entry: BlockioEntry): Promise<Limits> {
  const { devices, weight } = entry;
  if (devices.length === 0) return weight === undefined ? {} : { weight };
  const found = (await Promise.all(devices.map((pattern) => findBlockDevices(files, pattern)))).flat();
  if (found.length === 0) throw new Fault("not-found", `no block device is called ${devices.join(" or ")}`);
  const limits: Limits = {};
  if (weight !== undefined) limits.weightDevice = found.map((device) => ({ ...device, weight }));
  for (const [from, to] of Object.entries(rates) as [keyof typeof rates, (typeof rates)[keyof typeof rates]][]) {
    const rate = entry[from];
    if (rate !== undefined) limits[to] = found.map((device) => ({ ...device, rate }));
  }
  return limits;
}

/** Of several entries about one device and limit, the last one counts. */
function mergeLimits(limits: readonly Limits[]): OciBlockIo {
  const weight = limits.findLast((each) => each.weight !== undefined)?.weight;
  const merged: Limits = weight === undefined ? {} : { weight };
  const weights = lastOfEach(limits.flatMap(({ weightDevice = [] }) => weightDevice));
  if (weights.length > 0) merged.weightDevice = weights;
  for (const name of Object.values(rates)) {
    const entries = lastOfEach(limits.flatMap((each) => each[name] ?? []));
    if (entries.length > 0) merged[name] = entries;
  }
  return merged;
}

function lastOfEach<T extends DeviceId>(entries: readonly T[]): readonly T[] {
  return [...new Map(entries.map((entry) => [`${entry.major}:${entry.minor}`, entry])).values()];
}

interface DeviceId {
  readonly major: number;
  readonly minor: number;
}

/** Links such as those in /dev/disk/by-id lead to the devices. */
async function findBlockDevices(files: Host["files"], pattern: string): Promise<readonly DeviceId[]> {
  const paths = await expand(files, pattern);
  const found = await Promise.all(
    paths.map(async (path) => (await files.stat(await files.resolveInside("/", path)))?.deviceNumber),
  );
  return found.flatMap((device) => (device?.type === "block" ? [{ major: device.major, minor: device.minor }] : []));
}

async function expand(files: Host["files"], pattern: string): Promise<readonly string[]> {
  if (!pattern.includes("*")) return (await files.stat(pattern)) === undefined ? [] : [pattern];
  const directory = dirname(pattern);
  if (directory.includes("*")) throw new Fault("invalid", `${pattern}: "*" stands only in the last part of a path`);
  const matches = namePattern(pattern.slice(directory.length + 1));
  return (await files.list(directory)).filter(matches).map((name) => join(directory, name));
}
