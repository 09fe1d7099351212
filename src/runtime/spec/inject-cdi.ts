import type {
  CdiHook,
  CdiMount,
  OciDevice,
  OciDeviceRule,
  OciHook,
  OciHooks,
  OciIntelRdt,
  OciMount,
  OciSpec,
} from "#spec";
import { sortByDepth } from "./mounts.ts";
import { Origins } from "./origins.ts";

/** What CDI devices add to a container, all of them together and nothing left open. */
export interface CdiInjection {
  /** The devices, as they were asked for. */
  readonly names: readonly string[];
  readonly env: readonly string[];
  readonly devices: readonly { readonly node: OciDevice; readonly access: string }[];
  readonly mounts: readonly CdiMount[];
  readonly hooks: readonly CdiHook[];
  readonly additionalGids: readonly number[];
  readonly intelRdt?: OciIntelRdt;
}

/** Adds devices to a container's document. What they say of a variable, a node or a place goes before what was there. */
export function injectCdi(spec: OciSpec, cdi: CdiInjection, origins: Origins = new Origins()): OciSpec {
  noteOrigins(origins, cdi);
  const { process, linux } = spec;
  const { user } = process;
  return {
    ...spec,
    process: {
      ...process,
      env: replaceEnv(process.env, cdi.env),
      user: { ...user, additionalGids: [...new Set([...(user.additionalGids ?? []), ...cdi.additionalGids])] },
    },
    mounts: addMounts(spec.mounts, cdi.mounts),
    ...(cdi.hooks.length === 0 ? {} : { hooks: groupHooks(cdi.hooks) }),
    linux: {
      ...linux,
      devices: addDevices(linux.devices ?? [], cdi, user),
      resources: { ...linux.resources, devices: [...(linux.resources?.devices ?? []), ...cdi.devices.flatMap(ruleOf)] },
      ...(cdi.intelRdt === undefined ? {} : { intelRdt: cdi.intelRdt }),
    },
  };
}

function noteOrigins(origins: Origins, cdi: CdiInjection): void {
  const note = (part: string): void => origins.note(part, "cdi", cdi.names.join(", "));
  for (const entry of cdi.env) note(`process.env[${keyOf(entry)}]`);
  for (const { node } of cdi.devices) note(`linux.devices[${node.path}]`);
  for (const { containerPath } of cdi.mounts) note(`mounts[${containerPath}]`);
  for (const { hookName } of cdi.hooks) note(`hooks.${hookName}`);
  if (cdi.devices.length > 0) note("linux.resources.devices");
  if (cdi.additionalGids.length > 0) note("process.user.additionalGids");
  if (cdi.intelRdt !== undefined) note("linux.intelRdt");
}

function keyOf(entry: string): string {
  return entry.slice(0, entry.indexOf("="));
}

function replaceEnv(old: readonly string[], added: readonly string[]): readonly string[] {
  const merged = new Map([...old, ...added].map((entry) => [keyOf(entry), entry]));
  return [...merged.values()];
}

/** A node without an owner belongs to the container's user, as the specification wants it. */
function addDevices(
  old: readonly OciDevice[],
  { devices }: CdiInjection,
  user: { readonly uid: number; readonly gid: number },
): readonly OciDevice[] {
  const merged = new Map(
    [...old, ...devices.map(({ node }) => ({ uid: user.uid, gid: user.gid, ...node }))].map((node) => [
      node.path,
      node,
    ]),
  );
  return [...merged.values()];
}

function ruleOf({ node, access }: CdiInjection["devices"][number]): readonly OciDeviceRule[] {
  const { type, major, minor } = node;
  if (type === "p") return [];
  return [{ allow: true, type: type === "b" ? "b" : "c", major, minor, access }];
}

function addMounts(old: readonly OciMount[], added: readonly CdiMount[]): readonly OciMount[] {
  if (added.length === 0) return old;
  const mounts = added.map(mountOf);
  const taken = new Set(mounts.map(({ destination }) => destination));
  return sortByDepth([...old.filter(({ destination }) => !taken.has(destination)), ...mounts]);
}

/** Without a type it is a bind mount, whether its options say so or not. */
function mountOf({ hostPath, containerPath, type, options }: CdiMount): OciMount {
  const isBind = type === "" || type === "bind";
  const hasBindOption = options.includes("bind") || options.includes("rbind");
  return {
    destination: containerPath,
    type: isBind ? "bind" : type,
    source: hostPath,
    options: isBind && !hasBindOption ? ["rbind", ...options] : options,
  };
}

function groupHooks(hooks: readonly CdiHook[]): OciHooks {
  const grouped = Map.groupBy(hooks, ({ hookName }) => hookName);
  return Object.fromEntries([...grouped].map(([name, members]) => [name, members.map(hookOf)]));
}

function hookOf({ path, args, env, timeoutSeconds }: CdiHook): OciHook {
  return {
    path,
    ...(args.length === 0 ? {} : { args }),
    ...(env.length === 0 ? {} : { env }),
    ...(timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds }),
  };
}
