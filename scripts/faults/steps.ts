import { readFile } from "node:fs/promises";

/** A step of an act, as a fault plan names it. */
export interface NamedStep {
  /** `sandbox run` */
  readonly act: string;
  /** `stage attach network` */
  readonly step: string;
  /** Which of the steps of this name. */
  readonly nth: number;
}

interface Line extends Partial<NamedStep> {
  readonly msg?: string;
}

/** The steps of an act that began since a place in crispd's log, in their order. */
export async function readSteps(logFile: string, offset: number, act: string): Promise<readonly NamedStep[]> {
  return (await readLines(logFile, offset))
    .filter((line): line is Line & NamedStep => line.msg === "step begins" && line.act === act)
    .map(({ step, nth }) => ({ act, step, nth }));
}

/** How many planned faults have come since a place in crispd's log. */
export async function countFaults(logFile: string, offset: number): Promise<number> {
  return (await readLines(logFile, offset)).filter(({ msg }) => msg === "a planned fault comes").length;
}

async function readLines(logFile: string, offset: number): Promise<readonly Line[]> {
  const text = (await readFile(logFile)).subarray(offset).toString();
  return text.split("\n").flatMap((line) => (line.startsWith("{") ? [parsed(line)] : []));
}

/** The last line may have been cut by a kill: it is none. */
function parsed(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return {};
  }
}

export function isCommand({ step }: NamedStep): boolean {
  return step.startsWith("command ");
}

/** For a reader: `sandbox run: stage attach network`, and which one when there are more. */
export function describeStep({ step, nth }: NamedStep): string {
  return nth === 1 ? step : `${step} #${nth}`;
}
