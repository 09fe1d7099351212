import type { ContainerSecurity, SelinuxOptions } from "#spec";
import { unsupportedField } from "../faults.ts";
import { Origins } from "./origins.ts";

type LabelledSecurity = Pick<ContainerSecurity, "apparmor" | "selinux" | "isPrivileged">;

export interface MandatoryAccess {
  readonly apparmorProfile?: string;
  readonly selinuxLabel?: string;
  readonly mountLabel?: string;
}

/** What the machine has for labels to mean something. */
export interface LabelFacts {
  readonly hasApparmor: boolean;
  /** Profile of containers that name none; undefined where there is none, or it could not be loaded. */
  readonly defaultApparmor: string | undefined;
  readonly hasSelinux: boolean;
}

/**
 * Translates AppArmor and SELinux requests.
 *
 * Who names no AppArmor profile gets the default one, except for the privileged. On a machine without AppArmor the default
 * and "unconfined" mean the same, nothing; a named profile is refused, because whoever names one relies on it.
 *
 * @throws Fault `unsupported` when the machine lacks what is asked for
 */
export function chooseLabels(
  security: LabelledSecurity,
  machine: LabelFacts,
  origins: Origins = new Origins(),
): MandatoryAccess {
  const apparmor = chooseApparmor(security, machine);
  const selinux = chooseSelinux(security.selinux, machine.hasSelinux);
  const context = "linux.security_context";
  if (apparmor.apparmorProfile !== undefined) {
    if (security.apparmor !== undefined) origins.note("process.apparmorProfile", "request", `${context}.apparmor`);
    else origins.note("process.apparmorProfile", "crisp", `the default where ${context}.apparmor names none`);
  }
  if (selinux.selinuxLabel !== undefined) {
    origins.note("process.selinuxLabel", "request", `${context}.selinux_options`);
    origins.note("linux.mountLabel", "request", `${context}.selinux_options`);
  }
  return { ...apparmor, ...selinux };
}

function chooseApparmor({ apparmor, isPrivileged }: LabelledSecurity, machine: LabelFacts): MandatoryAccess {
  const { hasApparmor, defaultApparmor } = machine;
  if (apparmor === undefined || apparmor.kind === "runtime-default") {
    if (!hasApparmor || isPrivileged) return {};
    if (defaultApparmor !== undefined) return { apparmorProfile: defaultApparmor };
    if (apparmor !== undefined) throw unsupportedField("apparmor", "crispd could not load its default profile");
    return {};
  }
  if (apparmor.kind === "unconfined") return hasApparmor ? { apparmorProfile: "unconfined" } : {};
  if (!hasApparmor) throw unsupportedField("apparmor", `the machine has no AppArmor for the profile ${apparmor.ref}`);
  return { apparmorProfile: apparmor.ref };
}

function chooseSelinux(selinux: SelinuxOptions | undefined, hasSelinux: boolean): MandatoryAccess {
  if (selinux === undefined) return {};
  const { user, role, type, level } = selinux;
  if (user === "" && role === "" && type === "" && level === "") return {};
  if (!hasSelinux) throw unsupportedField("selinux_options", "the machine has no SELinux");
  if (user === "" || role === "" || type === "" || level === "") {
    throw unsupportedField("selinux_options", "user, role, type and level must all be given");
  }
  return {
    selinuxLabel: `${user}:${role}:${type}:${level}`,
    mountLabel: `system_u:object_r:container_file_t:${level}`,
  };
}
