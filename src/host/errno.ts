import { constants } from "node:os";
import { getSystemErrorMessage, getSystemErrorName } from "node:util";

/** A system call that failed: `code` is what {@link Fault.from} decides by, as for Node's own errors. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number) {
    super(`${syscall}: ${describe(errno)}`);
    this.code = nameOf(errno);
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** Whether something thrown is a failed system call with this errno name ("ENOENT"), ours or Node's. */
export function isErrno(thrown: unknown, ...codes: readonly string[]): boolean {
  const code = errnoOf(thrown);
  return code !== undefined && codes.includes(code);
}

/** The errno name of something thrown, when it has one. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
}

/** What the kernel means, without the path and the call that Node's messages carry. */
export function describeErrno(thrown: Error & { readonly errno: number }): string {
  return describe(Math.abs(thrown.errno));
}

/** libuv's name first; it has none for those that it never sees itself, such as ECHILD. */
function nameOf(errno: number): string {
  const name = getSystemErrorName(-errno);
  if (name in constants.errno) return name;
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? name;
}

function describe(errno: number): string {
  return getSystemErrorMessage(-errno) ?? `error ${errno}`;
}
