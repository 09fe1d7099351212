import { join } from "node:path";
import { Fault } from "#foundation";
import type { CdiInjection } from "#runtime";
import {
  type CdiDeviceName,
  type CdiDeviceNode,
  type CdiEdits,
  type CdiSpec,
  type ContainerConfig,
  isCdiFileName,
  maxCdiFileBytes,
  parseCdiDeviceName,
  parseCdiFile,
} from "#spec";
import type { PodContext } from "../context.ts";
import { cdiDeviceAmbiguous, cdiDeviceUnknown } from "../faults.ts";

/** Annotations whose values are lists of devices: the older way, which still comes beside the field. */
const annotationPrefix = "cdi.k8s.io/";

/**
 * What a container's CDI devices add to it. The files are read anew for each
 * container that asks for devices, so that there is nothing to watch.
 *
 * @throws Fault `invalid` for a device that no file has, or two files of one directory have
 */
export async function resolveCdiDevices(
  context: PodContext,
  config: ContainerConfig,
): Promise<CdiInjection | undefined> {
  const names = devicesAskedFor(config);
  if (names.length === 0) return undefined;
  const known = await readCdiFiles(context);
  const edits: CdiEdits[] = [];
  const used = new Set<CdiSpec>();
  for (const name of names) {
    const { spec, device } = findDevice(known, parseCdiDeviceName(name));
    // What goes with any device of a file goes in once, before the first of them.
    if (!used.has(spec)) edits.push(spec.edits);
    used.add(spec);
    edits.push(device);
  }
  return { names, ...(await injectionOf(context, edits)) };
}

function devicesAskedFor({ cdiDevices, annotations }: ContainerConfig): readonly string[] {
  const annotated = Object.entries(annotations).flatMap(([key, value]) =>
    key.startsWith(annotationPrefix) ? value.split(",").map((name) => name.trim()) : [],
  );
  return [...new Set([...cdiDevices, ...annotated])];
}

interface CdiFile {
  readonly path: string;
  /** Of two files with the same device the one in the later directory counts. */
  readonly directory: string;
  readonly spec: CdiSpec;
}

interface CdiFiles {
  readonly files: readonly CdiFile[];
  /** What is wrong with those that could not be read. */
  readonly problems: readonly string[];
}

async function readCdiFiles({ host, options }: PodContext): Promise<CdiFiles> {
  const files: CdiFile[] = [];
  const problems: string[] = [];
  for (const directory of options.cdiDirectories) {
    for (const name of (await host.files.list(directory)).filter(isCdiFileName)) {
      const path = join(directory, name);
      try {
        const text = await host.files.readText(path, { maxBytes: maxCdiFileBytes });
        files.push({ path, directory, spec: await parseCdiFile(name, text) });
      } catch (error) {
        // A bad file of one vendor must not keep another's devices from their containers.
        problems.push(Fault.within(path, error).message);
      }
    }
  }
  return { files, problems };
}

function findDevice(
  { files, problems }: CdiFiles,
  { kind, device }: CdiDeviceName,
): { readonly spec: CdiSpec; readonly device: CdiEdits } {
  const having = files.filter(({ spec }) => spec.kind === kind && spec.devices.has(device));
  const last = having.at(-1);
  const edits = last?.spec.devices.get(device);
  if (last === undefined || edits === undefined) throw cdiDeviceUnknown(`${kind}=${device}`, problems);
  const rivals = having.filter(({ directory }) => directory === last.directory);
  if (rivals.length > 1)
    throw cdiDeviceAmbiguous(
      `${kind}=${device}`,
      rivals.map(({ path }) => path),
    );
  return { spec: last.spec, device: edits };
}

async function injectionOf(context: PodContext, edits: readonly CdiEdits[]): Promise<Omit<CdiInjection, "names">> {
  const nodes = edits.flatMap(({ deviceNodes }) => deviceNodes);
  const intelRdt = edits.findLast((each) => each.intelRdt !== undefined)?.intelRdt;
  return {
    env: edits.flatMap(({ env }) => env),
    devices: await Promise.all(nodes.map((node) => completeNode(context, node))),
    mounts: edits.flatMap(({ mounts }) => mounts),
    hooks: edits.flatMap(({ hooks }) => hooks),
    additionalGids: edits.flatMap(({ additionalGids }) => additionalGids),
    ...(intelRdt === undefined ? {} : { intelRdt }),
  };
}

/** Takes from the host's node what the file leaves out. */
async function completeNode({ host }: PodContext, node: CdiDeviceNode): Promise<CdiInjection["devices"][number]> {
  const { hostPath, permissions, ...own } = node;
  const source = hostPath === "" ? node.path : hostPath;
  const access = permissions === "" ? "rwm" : permissions;
  const { type, major, minor } = own;
  if (type === "p") return { node: { ...own, type, major: 0, minor: 0 }, access };
  if (type !== undefined && major !== undefined && minor !== undefined) {
    return { node: { ...own, type, major, minor }, access };
  }
  const found = (await host.files.stat(source))?.deviceNumber;
  if (found === undefined) throw new Fault("not-found", `CDI device node ${source}: there is no device`);
  const kind = found.type === "block" ? "b" : "c";
  return { node: { ...own, type: type ?? kind, major: major ?? found.major, minor: minor ?? found.minor }, access };
}
