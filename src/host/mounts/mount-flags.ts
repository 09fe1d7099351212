import { Fault } from "#foundation";

/** The MS_* flag of mount(2) that each fstab option of a mount's attributes sets. */
const attributeFlags: Readonly<Record<string, number>> = {
  ro: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  sync: 0x10,
  dirsync: 0x80,
  nosymfollow: 0x100,
  noatime: 0x400,
  nodiratime: 0x800,
  relatime: 0x20_0000,
  strictatime: 0x100_0000,
  lazytime: 0x200_0000,
};

/** The flags that say what kind of mount it is; they go with attributes only in a second call. */
const actFlags: Readonly<Record<string, number>> = {
  remount: 0x20,
  bind: 0x1000,
  rbind: 0x1000 | 0x4000,
  move: 0x2000,
};

const propagationFlags: Readonly<Record<string, number>> = {
  unbindable: 0x2_0000,
  private: 0x4_0000,
  slave: 0x8_0000,
  shared: 0x10_0000,
};

const recursive = 0x4000;
const remountBind = 0x20 | 0x1000;
const bind = 0x1000;

/** The calls of mount(2) that one request takes, in order: flags of each. */
export interface MountSteps {
  readonly first: number | undefined;
  readonly rest: readonly number[];
}

/**
 * Plans the calls that make a mount with these flags.
 *
 * The kernel silently ignores attributes on the call that makes a bind mount,
 * and takes a change of propagation only alone: one request can need three.
 */
export function planMountSteps(flags: readonly string[]): MountSteps {
  let act = 0;
  let attributes = 0;
  const propagations: number[] = [];
  for (const flag of flags) {
    const propagation = propagationOf(flag);
    if (propagation !== undefined) propagations.push(propagation);
    else if (actFlags[flag] !== undefined) act |= actFlags[flag];
    else attributes |= attributeOf(flag);
  }
  const isNewBind = (act & remountBind) === bind;
  if (isNewBind) {
    const remounts = attributes === 0 ? [] : [remountBind | attributes];
    return { first: act, rest: [...remounts, ...propagations] };
  }
  const isPropagationOnly = act === 0 && attributes === 0 && propagations.length > 0;
  return { first: isPropagationOnly ? undefined : act | attributes, rest: propagations };
}

/** "slave" changes one mount, "rslave" the whole tree below it. */
function propagationOf(flag: string): number | undefined {
  const single = propagationFlags[flag];
  if (single !== undefined) return single;
  const whole = flag.startsWith("r") ? propagationFlags[flag.slice(1)] : undefined;
  return whole === undefined ? undefined : whole | recursive;
}

function attributeOf(flag: string): number {
  if (flag === "rw") return 0;
  const value = attributeFlags[flag];
  if (value === undefined) {
    throw new Fault("invalid", `mount: unknown flag ${flag}`, { reason: { code: "host.unknown-mount-flag", flag } });
  }
  return value;
}
