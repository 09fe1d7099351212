import { Fault, isFault } from "#foundation";
import type { Host } from "#host";
import { defaultApparmorProfile, formatApparmorProfile } from "#runtime";
import { apparmorUnloaded } from "./faults.ts";

type ProfileHost = Pick<Host, "files" | "processes">;

/** Deadline of apparmor_parser, which takes a tenth of a second. */
const timeoutMs = 20_000;
/** Profiles that the kernel has, a line each: `NAME (MODE)`. */
const loadedProfiles = "/sys/kernel/security/apparmor/profiles";
const maxListBytes = 4 * 1024 * 1024;

/**
 * Gives the kernel the default profile, in place of one of the same name.
 *
 * @returns the profile's name
 * @throws Fault `unavailable` when apparmor_parser is not on the node, `broken` with what it says, `timed-out`
 */
export async function loadDefaultApparmor({ processes }: Pick<ProfileHost, "processes">): Promise<string> {
  const act = `load AppArmor profile ${defaultApparmorProfile}`;
  const command = { program: "apparmor_parser", args: ["--replace", "--skip-cache"] };
  try {
    const result = await processes.run(command, { timeoutMs, stdin: Buffer.from(formatApparmorProfile()) });
    if (result.timedOut) throw new Fault("timed-out", `no end in ${timeoutMs / 1000} s`);
    if (result.exitCode !== 0) throw new Fault("broken", result.stderr.toString("utf8").trim());
    return defaultApparmorProfile;
  } catch (error) {
    if (isFault(error, "not-found")) {
      throw new Fault("unavailable", `${act}: apparmor_parser is not on this node`, { cause: error });
    }
    throw Fault.within(act, error);
  }
}

/**
 * Sees to it that the kernel has the profile that a process is to get. The default one is loaded again when it was taken
 * away, which tools that tidy up do; any other is the operator's to load.
 *
 * @throws Fault `invalid` naming the field when a profile is not loaded; those of `loadDefaultApparmor`
 */
export async function ensureApparmor(host: ProfileHost, profile: string | undefined): Promise<void> {
  if (profile === undefined || profile === "unconfined") return;
  const list = await host.files.readText(loadedProfiles, { maxBytes: maxListBytes });
  if (list.split("\n").some((line) => line.startsWith(`${profile} (`))) return;
  if (profile !== defaultApparmorProfile) throw apparmorUnloaded(profile);
  await loadDefaultApparmor(host);
}
