import { join } from "node:path";
import { Fault, isFault } from "#foundation";
import { createLinuxHost, type Host } from "#host";
import type { DoctorCheck, Finding } from "../types.ts";
import { createMachineChecks } from "./checks.ts";
import type { MachineNeeds } from "./needs.ts";

/** Where programs without a path are looked for: as crispd does. */
const programPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What is known of a crispd that does not answer. */
export interface UnansweredDaemon {
  readonly needs: MachineNeeds & { readonly root: string; readonly state: string; readonly listen: string };
  /** Why it did not answer. */
  readonly refusal: string;
}

/** What only a crispd can look at, because only it knows what is right. */
const needsDaemon = ["pods", "leftovers", "cgroups", "monitors", "network", "logs", "store", "acts", "health"];

/** What can be looked at while crispd does not answer: the machine, and what is left of crispd itself. */
export async function lookWithoutDaemon(daemon: UnansweredDaemon): Promise<readonly DoctorCheck[]> {
  const host = await createLinuxHost({ path: programPath });
  return [
    { name: "crispd", look: () => lookForDaemon(daemon, host) },
    ...createMachineChecks(daemon.needs, host),
    ...needsDaemon.map((name) => ({
      name,
      look: () => Promise.reject(new Fault("unavailable", "only crispd knows what is right here")),
    })),
  ];
}

async function lookForDaemon(daemon: UnansweredDaemon, host: Host): ReturnType<DoctorCheck["look"]> {
  const { listen, root, state } = daemon.needs;
  const [socket, pid] = [await host.files.stat(listen), await readHolder(host, join(state, "lock"))];
  const finding = pid === undefined ? notRunning(daemon, socket !== undefined) : notAnswering(daemon, pid);
  return { at: `${listen}, ${root}, ${state}`, findings: [finding] };
}

function notRunning({ needs, refusal }: UnansweredDaemon, hasSocket: boolean): Finding {
  return {
    severity: "problem",
    where: needs.listen,
    what: hasSocket ? `crispd does not run, though its socket is there: ${refusal}` : `crispd does not run: ${refusal}`,
    why: "kubelet can start and stop nothing; containers that run go on, and nothing of them is lost",
    advice: "start it (systemctl start crispd) and read why it ended (journalctl -u crispd; crispd config check)",
  };
}

function notAnswering({ needs, refusal }: UnansweredDaemon, pid: number): Finding {
  return {
    severity: "problem",
    where: needs.listen,
    what: `crispd runs as process ${pid} and does not answer: ${refusal}`,
    why: "kubelet can start and stop nothing; containers that run go on, and nothing of them is lost",
    advice: "look whether it listens elsewhere (-r), read its log, and restart it; containers outlive that",
  };
}

/** The crispd that holds a lock file, by what it wrote into it; the number may be another program's by now. */
async function readHolder({ files }: Host, path: string): Promise<number | undefined> {
  try {
    const pid = Number((await files.readText(path)).trim());
    if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
    return /crispd|daemon\/main/.test(await files.readText(`/proc/${pid}/cmdline`)) ? pid : undefined;
  } catch (error) {
    if (isFault(error, "not-found")) return undefined;
    throw error;
  }
}
