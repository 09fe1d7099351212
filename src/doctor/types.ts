/** problem: something does not work, or is lost; warning: it will hurt, or somebody should know. */
export type Severity = "warning" | "problem";

/** Something that is not as it should be. */
export interface Finding {
  readonly severity: Severity;
  /** The path, id or name that it is about. */
  readonly where: string;
  /** What is the matter, in one clause. */
  readonly what: string;
  /** What it does to those who use the node. */
  readonly why: string;
  /** What a person can do about it. */
  readonly advice: string;
  /** Present when crisp can mend it without touching what is not its own, and without ending a program that runs. */
  readonly repair?: Repair;
}

/** How a finding is mended. */
export interface Repair {
  /** What it would do: "unmount /run/crisp/x". */
  readonly does: string;
  /**
   * Does it. Safe to run twice, and looks again before it changes anything: the
   * finding may be of a while ago.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** What a check has seen. */
export interface Looked {
  /** What was looked at, so that "nothing found" means something: "12 pods, 31 namespaces". */
  readonly at: string;
  readonly findings: readonly Finding[];
}

/** One kind of thing that is looked at as a whole. */
export interface DoctorCheck {
  /** What it is about, in a word or two. */
  readonly name: string;
  /** Looks, and changes nothing. What it throws is why nobody could look. */
  look(signal: AbortSignal): Promise<Looked>;
}

/** A finding that is still there at the end. */
export interface ReportedFinding extends Finding {
  /** Why its repair failed, when one was tried. */
  readonly repairError?: string;
}

/** One check in a report. */
export type ReportedCheck =
  | { readonly name: string; readonly at: string; readonly findings: readonly ReportedFinding[] }
  /** Nobody could look. */
  | { readonly name: string; readonly unexamined: string };

export interface Report {
  readonly checks: readonly ReportedCheck[];
  /** What repairs have mended: found before them, and not after. */
  readonly mended: readonly Finding[];
}
