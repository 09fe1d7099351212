import type { ContainerConfig, OciBlockIo, OciIntelRdt, SandboxConfig } from "#spec";
import { invalidField, unsupportedField } from "../faults.ts";
import { Origins } from "./origins.ts";

/** Where pods and containers name their classes; the annotations are those that the field's runtimes share. */
const rdt = { domain: "rdt.resources.beta.kubernetes.io", own: "io.kubernetes.cri.rdt-class" };
const blockio = { domain: "blockio.resources.beta.kubernetes.io", own: "io.kubernetes.cri.blockio-class" };

/**
 * The class of cache and memory bandwidth that a container is put into: an
 * existing directory of the kernel's resctrl file system.
 *
 * @throws Fault `unsupported` on a machine without resctrl
 * @throws Fault `invalid` for what cannot be the name of a class
 */
export function chooseRdtClass(
  sandbox: SandboxConfig,
  container: ContainerConfig,
  machine: { readonly hasRdt: boolean },
  origins: Origins = new Origins(),
): OciIntelRdt | undefined {
  const found = classOf(rdt, sandbox, container);
  if (found === undefined) return undefined;
  const { key, name } = found;
  if (!/^[\w-][\w.-]*$/.test(name)) throw invalidField(key, `${JSON.stringify(name)} cannot name a class`);
  if (!machine.hasRdt) throw unsupportedField(key, "the machine has no /sys/fs/resctrl");
  origins.note("linux.intelRdt", "request", key);
  return { closID: name };
}

/** A class as an annotation names it. */
export interface NamedClass {
  /** The annotation, as a field of the request. */
  readonly key: string;
  readonly name: string;
}

/** The class of block I/O that is asked for. */
export function blockioClassOf(sandbox: SandboxConfig, container: ContainerConfig): NamedClass | undefined {
  return classOf(blockio, sandbox, container);
}

/**
 * The weights and rates of a container's class of block I/O.
 *
 * @param limits what the class means on this machine; undefined: nobody has said
 * @throws Fault `unsupported` when a class is asked for and none are configured
 */
export function chooseBlockio(
  asked: NamedClass | undefined,
  limits: OciBlockIo | undefined,
  origins: Origins = new Origins(),
): OciBlockIo | undefined {
  if (asked === undefined) return undefined;
  if (limits === undefined)
    throw unsupportedField(asked.key, "no classes are configured: blockio.config_file is not set");
  origins.note("linux.resources.blockIO", "policy", `class ${asked.name} of blockio.config_file, by ${asked.key}`);
  return limits;
}

/** The container's own word goes before the pod's about it, and that before the pod's about all. */
function classOf(
  { domain, own }: typeof rdt,
  sandbox: SandboxConfig,
  container: ContainerConfig,
): NamedClass | undefined {
  const places = [
    [own, container.annotations],
    [`${domain}/container.${container.metadata.name}`, sandbox.annotations],
    [`${domain}/pod`, sandbox.annotations],
  ] as const;
  for (const [key, annotations] of places) {
    const name = annotations[key];
    if (name !== undefined && name !== "") return { key: `annotations[${key}]`, name };
  }
  return undefined;
}
