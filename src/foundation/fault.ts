/**
 * What went wrong, as a caller must tell it apart. The set is closed: each kind
 * maps to exactly one gRPC code, in `cri/status.ts`.
 */
export type FaultKind =
  | "invalid"
  | "not-found"
  | "exists"
  | "wrong-state"
  | "busy"
  | "exhausted"
  | "unavailable"
  | "denied"
  | "unsupported"
  | "canceled"
  | "timed-out"
  | "broken";

/** Facts about a fault, keyed by a code of the form `room.what`. */
export interface FaultReason {
  readonly code: string;
  readonly [fact: string]: unknown;
}

export interface FaultOptions {
  readonly reason?: FaultReason;
  readonly cause?: unknown;
}

/**
 * The one error class of crisp.
 *
 * Its message is lower case, has no final period, and names the act and the
 * value: `pull nginx:1.27: layer sha256:ab..: digest mismatch`. Callers decide
 * by `kind` and `reason.code`, never by the message.
 */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly kind: FaultKind;
  readonly reason: FaultReason | undefined;

  constructor(kind: FaultKind, message: string, options: FaultOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.reason = options.reason;
  }

  /** Turns anything thrown into a fault: the only funnel for foreign errors. */
  static from(thrown: unknown): Fault {
    if (thrown instanceof Fault) return thrown;
    if (!(thrown instanceof Error)) return new Fault("broken", String(thrown), { cause: thrown });
    // What Node's own functions make of a signal's reason: the reason says more.
    if (thrown.name === "AbortError" && thrown.cause instanceof Fault) return thrown.cause;
    return new Fault(kindOfForeignError(thrown), thrown.message, { cause: thrown });
  }

  /** The same fault seen one level up: `act` goes before its message; kind and reason stay. */
  static within(act: string, thrown: unknown): Fault {
    const fault = Fault.from(thrown);
    return new Fault(fault.kind, `${act}: ${fault.message}`, {
      ...(fault.reason === undefined ? {} : { reason: fault.reason }),
      cause: fault,
    });
  }
}

/** Whether something thrown is a fault of this kind. */
export function isFault(thrown: unknown, kind: FaultKind): thrown is Fault {
  return thrown instanceof Fault && thrown.kind === kind;
}

/** The message of anything thrown, for a log line or a text that wraps it. */
export function messageOf(thrown: unknown): string {
  // What `using` makes of two failures: its own words say nothing.
  if (thrown instanceof SuppressedError) {
    return `${messageOf(thrown.suppressed)} (and then, while cleaning up: ${messageOf(thrown.error)})`;
  }
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function kindOfForeignError(error: Error): FaultKind {
  if (error.name === "AbortError") return "canceled";
  if (error.name === "TimeoutError") return "timed-out";
  return "code" in error && typeof error.code === "string" ? kindOfErrno(error.code) : "broken";
}

/** Which kind a failed system call is, when nothing nearer to the act knows better. */
function kindOfErrno(code: string): FaultKind {
  switch (code) {
    case "ENOENT": // the thing named is not there
    case "ESRCH": // nor is the process
      return "not-found";
    case "EEXIST":
      return "exists";
    case "EACCES":
    case "EPERM": // a capability or a file mode is missing
      return "denied";
    case "EBUSY": // somebody else holds it now
      return "busy";
    case "ENOSPC":
    case "EDQUOT":
    case "EMFILE":
    case "ENFILE":
    case "ENOMEM": // the machine has run out of something
      return "exhausted";
    case "ECONNREFUSED":
    case "ECONNRESET":
    case "EPIPE":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ENOTFOUND":
    case "EAI_AGAIN": // the other side is not there now
      return "unavailable";
    case "ETIMEDOUT":
      return "timed-out";
    case "ENOSYS":
    case "EOPNOTSUPP": // the kernel lacks it
      return "unsupported";
    default:
      return "broken";
  }
}
