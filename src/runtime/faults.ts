import { Fault } from "#foundation";

/** The request is against a rule of the field it names. */
export function invalidField(field: string, problem: string): Fault {
  return new Fault("invalid", `${field}: ${problem}`, { reason: { code: "runtime.invalid-field", field } });
}

/** crisp, the runtime or the machine cannot do what the field asks. */
export function unsupportedField(field: string, problem: string): Fault {
  return new Fault("unsupported", `${field}: ${problem}`, { reason: { code: "runtime.unsupported-field", field } });
}

/** The runtime or the kernel cannot make a mount read-only with all below it. */
export function noRecursiveReadonly(mount: string): Fault {
  return new Fault("unsupported", `mounts.recursive_read_only: ${mount}: the runtime or kernel cannot do it`, {
    reason: { code: "runtime.no-recursive-readonly", field: "mounts.recursive_read_only" },
  });
}

/** Neither the request nor the image says what to run. */
export function noCommand(): Fault {
  return new Fault("invalid", "command: neither the request nor the image names a command", {
    reason: { code: "runtime.no-command" },
  });
}

/** The image has no user or group of this name. */
export function unknownAccount(kind: "user" | "group", name: string, field = "user"): Fault {
  return new Fault("invalid", `${field}: the image has no ${kind} ${JSON.stringify(name)}`, {
    reason: { code: "runtime.unknown-account", kind, name },
  });
}

/** The program is not in the image, or not in its PATH. */
export function commandNotFound(act: string, said: string): Fault {
  return new Fault("not-found", `${act}: ${said}`, { reason: { code: "runtime.command-not-found", said } });
}

/** The program is there but may not be executed. */
export function commandNotExecutable(act: string, said: string): Fault {
  return new Fault("denied", `${act}: ${said}`, { reason: { code: "runtime.command-not-executable", said } });
}

/** The runtime or the monitor failed, for the reason that it gave. */
export function runtimeFailed(act: string, said: string): Fault {
  return new Fault("broken", `${act}: ${said === "" ? "it gave no reason" : said}`, {
    reason: { code: "runtime.failed", said },
  });
}

/** The monitor ended before it reported anything. */
export function monitorFailed(act: string, said: string): Fault {
  return new Fault(
    "broken",
    `${act}: the monitor ended without a report: ${said === "" ? "it gave no reason" : said}`,
    {
      reason: { code: "runtime.monitor-failed", said },
    },
  );
}

/** A program that the handler needs does not run. */
export function programUnavailable(program: string, said: string): Fault {
  return new Fault("unavailable", `run ${program}: ${said}`, {
    reason: { code: "runtime.program-unavailable", program },
  });
}

/** The container is in a state that forbids the act. */
export function wrongState(act: string, id: string, problem: string): Fault {
  return new Fault("wrong-state", `${act} ${id}: ${problem}`, { reason: { code: "runtime.wrong-state", id } });
}

/** The runtime program did not end before its deadline, and was killed. */
export function runtimeTimedOut(act: string, afterMs: number): Fault {
  return new Fault("timed-out", `${act}: the runtime did not end in ${Math.round(afterMs)} ms and was killed`, {
    reason: { code: "runtime.timed-out", afterMs },
  });
}

/** The command of an exec did not end in the time that its caller gave it, and was killed. */
export function execTimedOut(act: string, timeoutMs: number): Fault {
  return new Fault("timed-out", `${act}: the command did not end in ${timeoutMs} ms and was killed`, {
    reason: { code: "runtime.exec-timed-out", timeoutMs },
  });
}

/** A client did not read what its container wrote, and the container must not wait for it. */
export function clientTooSlow(id: string, limitBytes: number): Fault {
  return new Fault("exhausted", `attach to ${id}: the client is more than ${limitBytes} bytes behind`, {
    reason: { code: "runtime.client-too-slow", limitBytes },
  });
}

/** A session was closed from our side before its process ended. */
export function sessionClosed(act: string): Fault {
  return new Fault("canceled", `${act}: the session was closed`, { reason: { code: "runtime.session-closed" } });
}

/** The monitor of a container ended without saying how the container did. */
export function endUnknown(id: string): Fault {
  return new Fault("broken", `attach to ${id}: its monitor is gone, nobody knows how it ended`, {
    reason: { code: "runtime.end-unknown", id },
  });
}

/** The runtime has no checkpoints, or none after which the container is still there. */
export function noCheckpoint(act: string, why: string): Fault {
  return new Fault("unsupported", `${act}: ${why}`, { reason: { code: "runtime.no-checkpoint", why } });
}

/** The runtime does not tell which processes a container has. */
export function noProcessList(act: string, why: string): Fault {
  return new Fault("unsupported", `${act}: ${why}`, { reason: { code: "runtime.no-process-list", why } });
}

/** The program that writes checkpoints for runtimes is not there. */
export function noCriu(act: string, cause: unknown): Fault {
  return new Fault("unavailable", `${act}: the runtime needs criu for it, which is not in crispd's PATH`, {
    reason: { code: "runtime.program-unavailable", program: "criu" },
    cause,
  });
}

/** No checkpoint was written, for the reason that the runtime gave, and the program that it calls. */
export function checkpointFailed(act: string, said: string, errors: readonly string[]): Fault {
  const words = [said === "" ? "it gave no reason" : said, ...errors].join("; ");
  return new Fault("broken", `${act}: ${words}`, { reason: { code: "runtime.checkpoint-failed", said, errors } });
}
