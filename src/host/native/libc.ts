/** SAFETY: how this folder calls the C library; what is declared there is checked by nobody else. */
import koffi from "koffi";
import { SystemError } from "../errno.ts";

/** O_CLOEXEC, and SOCK_CLOEXEC: closed in children. */
export const closeOnExec = 0o2000000;

/** Declares functions of the C library in its own notation. */
export class Libc {
  readonly #library = koffi.load(null);

  /** A function that answers -1 and sets errno when it fails. */
  call<Arguments extends readonly unknown[]>(prototype: string): (...given: Arguments) => number {
    return checked(nameIn(prototype), this.#library.func(prototype) as unknown as (...given: Arguments) => number);
  }

  /** The same with types that the notation has no names for. */
  declare<Arguments extends readonly unknown[]>(
    name: string,
    result: string,
    types: Parameters<typeof koffi.proto>[3],
  ): (...given: Arguments) => number {
    return checked(name, this.#library.func(name, result, types) as unknown as (...given: Arguments) => number);
  }

  /** The same on a thread of libuv's pool, for calls that may wait for a disk. */
  callInPool<Arguments extends readonly unknown[]>(prototype: string): (...given: Arguments) => Promise<number> {
    const call = this.#pooled(prototype);
    const name = nameIn(prototype);
    return async (...given) => {
      const result = await call(...given);
      if (result < 0) throw new SystemError(name, -result);
      return result;
    };
  }

  /** As `numbered`, on a thread of libuv's pool. */
  numberedInPool<Arguments extends readonly unknown[]>(prototype: string): (...given: Arguments) => Promise<void> {
    const call = this.#pooled(prototype);
    const name = nameIn(prototype);
    return async (...given) => {
      const errno = await call(...given);
      if (errno !== 0) throw new SystemError(name, errno);
    };
  }

  /** A function that answers with the error's number itself, as the posix_spawn family does. */
  numbered<Arguments extends readonly unknown[]>(prototype: string): (...given: Arguments) => void {
    const native = this.#library.func(prototype) as unknown as (...given: Arguments) => number;
    const name = nameIn(prototype);
    return (...given) => {
      const errno = native(...given);
      if (errno !== 0) throw new SystemError(name, errno);
    };
  }

  /**
   * Calls in the pool; -1 becomes the negated errno, because koffi carries the
   * errno of the pool's thread to the callback and no further.
   */
  #pooled<Arguments extends readonly unknown[]>(prototype: string): (...given: Arguments) => Promise<number> {
    const native = this.#library.func(prototype) as unknown as { async(...given: readonly unknown[]): void };
    return (...given) =>
      new Promise((resolve, reject) => {
        native.async(...given, (error: Error | null, result: number) => {
          if (error !== null) reject(error);
          else resolve(result === -1 ? -koffi.errno() : result);
        });
      });
  }
}

function checked<Arguments extends readonly unknown[]>(
  name: string,
  native: (...given: Arguments) => number,
): (...given: Arguments) => number {
  return (...given) => {
    const result = native(...given);
    if (result === -1) throw new SystemError(name, koffi.errno());
    return result;
  };
}

function nameIn(prototype: string): string {
  return /(\w+)\(/.exec(prototype)?.[1] ?? prototype;
}
