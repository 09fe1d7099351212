import { Fault } from "#foundation";

/** When what the user wrote cannot be meant: a flag's value, an argument, a combination. */
export function misused(what: string, facts: Readonly<Record<string, unknown>> = {}): Fault {
  return new Fault("invalid", what, { reason: { code: "cli.misused", ...facts } });
}

/** When a file that the user named cannot be used as what it should be. */
export function badFile(path: string, problem: string, cause?: unknown): Fault {
  return new Fault("invalid", `${path}: ${problem}`, { reason: { code: "cli.bad-file", path }, cause });
}

/** When the command line asks for something that crisp does not do (yet), with what to do instead. */
export function notBuilt(what: string, instead: string): Fault {
  return new Fault("unsupported", `${what}; ${instead}`, { reason: { code: "cli.not-built" } });
}

/** When an id, or the beginning of one, belongs to nothing. */
export function noSuch(what: string, id: string): Fault {
  return new Fault("not-found", `${what} ${id}: not found`, { reason: { code: "cli.no-such", what, id } });
}

/** One fault for the failures of several independent acts: the first decides the kind. */
export function failedTogether(faults: readonly [Fault, ...Fault[]]): Fault {
  const [first] = faults;
  if (faults.length === 1) return first;
  const message = faults.map((fault) => fault.message).join("; ");
  return new Fault(first.kind, message, { reason: { code: "cli.several-failed", count: faults.length }, cause: first });
}

/** When the server's answer cannot be what its interface promises. */
export function badAnswer(problem: string, cause?: unknown): Fault {
  return new Fault("broken", `the runtime's answer: ${problem}`, { reason: { code: "cli.bad-answer" }, cause });
}

/** When neither ids were given nor the flags choose anything. */
export function nothingChosen(what: string): Fault {
  return new Fault("not-found", `no ${what} was named, and the flags choose none`, {
    reason: { code: "cli.nothing-chosen", what },
  });
}

/** When something is to be removed that still runs, and nobody said `--force`. */
export function stillRuns(what: string, id: string): Fault {
  return new Fault("wrong-state", `${what} ${id}: it still runs; stop it first, or use --force`, {
    reason: { code: "cli.still-runs", what, id },
  });
}
