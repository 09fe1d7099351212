import type { OciSeccomp, OciSeccompSyscall, SeccompCondition, SeccompProfile, SeccompRule } from "#spec";

export interface SeccompTarget {
  readonly architecture: "amd64" | "arm64";
  /** "6.1.0-18-amd64" */
  readonly kernelRelease: string;
  /** The bounding set of the container. */
  readonly capabilities: readonly string[];
}

const architectures = {
  // Not x32: hardly any kernel runs it any more, and each architecture adds to what a container costs to create.
  amd64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
} as const;

/** Turns a profile into the OCI section for one container: conditions are decided, the machine's architectures filled in. */
export function compileSeccompProfile(profile: SeccompProfile, target: SeccompTarget): OciSeccomp {
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    architectures: profile.architectures.length > 0 ? profile.architectures : architectures[target.architecture],
    ...(profile.flags.length === 0 ? {} : { flags: profile.flags }),
    syscalls: profile.rules.filter((rule) => isInForce(rule, target)).map(toSyscall),
  };
}

function isInForce({ includes, excludes }: SeccompRule, target: SeccompTarget): boolean {
  return holdsAll(includes, target) && !holdsAny(excludes, target);
}

function holdsAll(condition: SeccompCondition | undefined, target: SeccompTarget): boolean {
  if (condition === undefined) return true;
  const { caps = [], arches = [], minKernel } = condition;
  return (
    caps.every((cap) => target.capabilities.includes(cap)) &&
    (arches.length === 0 || arches.includes(target.architecture)) &&
    (minKernel === undefined || isKernelAtLeast(target.kernelRelease, minKernel))
  );
}

function holdsAny(condition: SeccompCondition | undefined, target: SeccompTarget): boolean {
  if (condition === undefined) return false;
  const { caps = [], arches = [], minKernel } = condition;
  return (
    caps.some((cap) => target.capabilities.includes(cap)) ||
    arches.includes(target.architecture) ||
    (minKernel !== undefined && isKernelAtLeast(target.kernelRelease, minKernel))
  );
}

function isKernelAtLeast(release: string, wanted: string): boolean {
  const [major, minor] = versionOf(release);
  const [wantedMajor, wantedMinor] = versionOf(wanted);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function versionOf(text: string): readonly [major: number, minor: number] {
  const match = /^(\d+)\.(\d+)/.exec(text);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
}

function toSyscall(rule: SeccompRule): OciSeccompSyscall {
  return {
    names: rule.names,
    action: rule.action,
    ...(rule.errnoRet === undefined ? {} : { errnoRet: rule.errnoRet }),
    ...(rule.args === undefined ? {} : { args: rule.args }),
  };
}
