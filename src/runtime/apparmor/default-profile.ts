/** Name of the profile for containers that name none. */
export const defaultApparmorProfile = "crisp-default";

/**
 * The text of the default AppArmor profile, in the language of apparmor_parser, without a file of the machine's.
 *
 * It allows what a container may do anyway, and takes away what namespaces and capabilities leave open: settings of the
 * whole node below /proc and /sys, mounts, and processes of other profiles. Globs stand for "anything but": the
 * language has no other word for it.
 *
 * @see https://gitlab.com/apparmor/apparmor/-/wikis/QuickProfileLanguage
 */
export function formatApparmorProfile(name: string = defaultApparmorProfile): string {
  return `profile ${name} flags=(attach_disconnected,mediate_deleted) {
${rules(name)
  .map((rule) => `  ${rule},\n`)
  .join("")}}
`;
}

function rules(name: string): readonly string[] {
  return [
    "network",
    "capability",
    "file",
    "umount",
    "unix",
    // Whoever may stop a container: what is not confined, and runtimes, which some distributions confine.
    ...["unconfined", "runc", "crun", "{,/usr}/{,local/}{,s}bin/{runc,crun,conmon}"].map(
      (peer) => `signal (receive) peer=${peer}`,
    ),
    `signal (send, receive) peer=${name}`,
    `ptrace (trace, read, tracedby, readby) peer=${name}`,
    "ptrace (readby) peer=unconfined",
    "deny mount",
    ...nodeSettings,
  ];
}

/**
 * What of /proc and /sys belongs to the node: of /proc all but processes, which are called by numbers, and the settings
 * of the network; of /sys all but cgroups.
 */
const nodeSettings: readonly string[] = [
  ...["[^1-9]*", "[^0-9s]*/**", "s[^y]*/**", "sy[^s]*/**", "sys[^/]*/**", "sys/[^n]**"].map(
    (glob) => `deny /proc/${glob} wkl`,
  ),
  ...["[^f]**", "f[^s]**", "fs/[^c]**", "fs/c[^g]**"].map((glob) => `deny /sys/${glob} wkl`),
  // Not even to be read: keys, addresses of the kernel's, and how much power others need.
  ...[
    "/proc/kcore",
    "/proc/sysrq-trigger",
    "/sys/firmware/**",
    "/sys/kernel/security/**",
    "/sys/devices/virtual/powercap/**",
  ].map((path) => `deny ${path} rwklx`),
];
