import type { Libc } from "./libc.ts";

/** Namespaces, and what is set up in a new one. */
export interface NamespaceCalls {
  readonly unshare: (flags: number) => void;
  readonly setns: (fd: number, kind: number) => void;
  readonly sethostname: (name: string) => void;
}

export function namespaceCalls(libc: Libc): NamespaceCalls {
  const unshare = libc.call<[number]>("int unshare(int flags)");
  const setns = libc.call<[number, number]>("int setns(int fd, int kind)");
  const sethostname = libc.call<[Buffer, number]>("int sethostname(void *name, size_t length)");
  return {
    unshare: (flags) => void unshare(flags),
    setns: (fd, kind) => void setns(fd, kind),
    sethostname: (name) => {
      const bytes = Buffer.from(name);
      sethostname(bytes, bytes.length);
    },
  };
}
