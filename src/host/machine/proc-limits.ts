/** OCI names by the titles of /proc/PID/limits. */
const namesByTitle: Readonly<Record<string, string>> = {
  "Max cpu time": "RLIMIT_CPU",
  "Max file size": "RLIMIT_FSIZE",
  "Max data size": "RLIMIT_DATA",
  "Max stack size": "RLIMIT_STACK",
  "Max core file size": "RLIMIT_CORE",
  "Max resident set": "RLIMIT_RSS",
  "Max processes": "RLIMIT_NPROC",
  "Max open files": "RLIMIT_NOFILE",
  "Max locked memory": "RLIMIT_MEMLOCK",
  "Max address space": "RLIMIT_AS",
  "Max file locks": "RLIMIT_LOCKS",
  "Max pending signals": "RLIMIT_SIGPENDING",
  "Max msgqueue size": "RLIMIT_MSGQUEUE",
  "Max nice priority": "RLIMIT_NICE",
  "Max realtime priority": "RLIMIT_RTPRIO",
  "Max realtime timeout": "RLIMIT_RTTIME",
};

/** RLIM_INFINITY, which OCI writes as the largest unsigned number. */
const unlimited = 0xffff_ffff_ffff_ffffn;

/** The hard limits in /proc/PID/limits by OCI name; lines of unknown limits are left out. */
export function parseHardLimits(text: string): ReadonlyMap<string, bigint> {
  const limits = new Map<string, bigint>();
  for (const line of text.split("\n")) {
    const match = /^(Max [a-z ]*?)\s{2,}(?:\d+|unlimited)\s+(\d+|unlimited)\b/.exec(line);
    const name = namesByTitle[match?.[1] ?? ""];
    const hard = match?.[2];
    if (name === undefined || hard === undefined) continue;
    limits.set(name, hard === "unlimited" ? unlimited : BigInt(hard));
  }
  return limits;
}
