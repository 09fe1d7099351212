import type { OwnLimits } from "#host";
import { type CapabilityChanges, capabilityNames, type OciCapabilities } from "#spec";
import { invalidField } from "../faults.ts";
import type { Clamp } from "./input.ts";
import { Origins } from "./origins.ts";

/** What a container has when it asks for nothing: the set that users of containerd and Docker rely on. */
const defaultCapabilities: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SYS_CHROOT",
  "CAP_MKNOD",
  "CAP_AUDIT_WRITE",
  "CAP_SETFCAP",
];

export interface CapabilityChoice {
  readonly capabilities: OciCapabilities;
  readonly clamped: readonly Clamp[];
}

/**
 * Chooses a container's capabilities.
 *
 * "ALL" counts before single names, and a drop wins over an add of the same name. A privileged container gets all that
 * there are, whatever it adds or drops. What the daemon does not have itself is left out and reported.
 *
 * @throws Fault `invalid` for a name that is no capability
 */
export function chooseCapabilities(
  changes: CapabilityChanges,
  isPrivileged: boolean,
  own: OwnLimits,
  origins: Origins = new Origins(),
): CapabilityChoice {
  const add = changes.add.map((name) => normalize(name, "add_capabilities"));
  const drop = changes.drop.map((name) => normalize(name, "drop_capabilities"));
  const ambientAsked = changes.addAmbient.map((name) => normalize(name, "add_ambient_capabilities"));
  const wanted = isPrivileged ? capabilityNames : select([...add, ...ambientAsked], drop);

  noteOrigin(origins, isPrivileged, { add, drop, addAmbient: ambientAsked });

  const granted = wanted.filter((name) => own.capabilities.has(name));
  const ambient = granted.filter((name) => ambientAsked.includes(name) || ambientAsked.includes("ALL"));
  return {
    capabilities: { bounding: granted, effective: granted, permitted: granted, inheritable: ambient, ambient },
    clamped: wanted.filter((name) => !own.capabilities.has(name)).map(notOurs),
  };
}

function noteOrigin(origins: Origins, isPrivileged: boolean, { add, drop, addAmbient }: CapabilityChanges): void {
  const part = "process.capabilities";
  const changes = [
    ...add.map((name) => `+${name}`),
    ...addAmbient.map((name) => `+${name} (ambient)`),
    ...drop.map((name) => `-${name}`),
  ];
  if (isPrivileged) origins.note(part, "request", "linux.security_context.privileged");
  else if (changes.length === 0) origins.note(part, "crisp", "the default set");
  else origins.note(part, "request", `linux.security_context.capabilities: the default set ${changes.join(" ")}`);
}

function select(add: readonly string[], drop: readonly string[]): readonly string[] {
  const base = new Set(drop.includes("ALL") ? [] : add.includes("ALL") ? capabilityNames : defaultCapabilities);
  for (const name of add) if (name !== "ALL") base.add(name);
  for (const name of drop) base.delete(name);
  return capabilityNames.filter((name) => base.has(name));
}

function normalize(name: string, field: string): string {
  const upper = name.toUpperCase();
  if (upper === "ALL" || upper === "CAP_ALL") return "ALL";
  const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  if (!capabilityNames.includes(full)) throw invalidField(field, `no capability is called ${JSON.stringify(name)}`);
  return full;
}

function notOurs(name: string): Clamp {
  return { what: "capability", asked: name, granted: "" };
}
