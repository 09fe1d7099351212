import type { StoreAudit } from "#store";
import type { Finding } from "../types.ts";

export type StoreFinding = Omit<Finding, "repair"> & {
  /** What can be removed. */
  readonly stray?: string;
};

/** What is wrong with the store. Pure. */
export function planStore({ strays, missing, quarantined, setAside }: StoreAudit): readonly StoreFinding[] {
  return [
    ...strays.map(strayFinding),
    ...missing.map(missingFinding),
    ...quarantined.map(quarantineFinding),
    ...setAside.map(setAsideFinding),
  ];
}

function strayFinding(path: string): StoreFinding {
  return {
    severity: "warning",
    where: path,
    what: "no record tells of it, and nobody is making it",
    why: "it takes space on the disk that nothing gives back before the next start of crispd",
    advice: "repair it, or restart crispd",
    stray: path,
  };
}

function missingFinding({ kind, id, path }: StoreAudit["missing"][number]): StoreFinding {
  return {
    severity: "problem",
    where: path,
    what: `${kind} ${id} is recorded and not on the disk`,
    why: "containers of images that need it do not start, and images that have it cannot be pulled again",
    advice: "find out who removes files there; restart crispd, which forgets what is lost, and pull the images again",
  };
}

function quarantineFinding({ table, id, problem }: StoreAudit["quarantined"][number]): StoreFinding {
  return {
    severity: "problem",
    where: `${table} ${id}`,
    what: `its record could not be read and was put aside: ${problem}`,
    why: "crisp does not know what it stands for: what of it is on the node is nobody's now",
    advice: "look for it among the leftovers; the record is in the table quarantine of crisp.db",
  };
}

function setAsideFinding(path: string): StoreFinding {
  return {
    severity: "warning",
    where: path,
    what: "a database was damaged and put aside",
    why: "a disk or somebody writes what crisp did not; what ran was rebuilt, older records may be lost",
    advice: "look at the disk (dmesg, smartctl), and remove the file when nobody needs it any more",
  };
}
