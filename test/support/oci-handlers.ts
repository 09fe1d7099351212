import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";

/** What a handler may not be able to do; each is said with its reason in the table below. */
export type Inability = "end daemons of commands" | "have user namespaces" | "keep devices from the user";

/** An OCI runtime that the tests of containers run with. */
export interface OciHandler {
  readonly name: string;
  /** What it cannot do, and why; tests of it are left out. */
  readonly cannot: Readonly<Partial<Record<Inability, string>>>;
  /** Path of the program, or its name; a wrapper is written into the directory. */
  program(directory: string): Promise<string>;
}

const isHybrid = existsSync("/sys/fs/cgroup/unified/cgroup.controllers");

/** Handlers by name; which one counts says CRISP_TEST_HANDLER, and is runc when nobody says. */
const handlers: Readonly<Record<string, OciHandler>> = {
  runc: { name: "runc", cannot: {}, program: async () => "runc" },
  crun: {
    name: "crun",
    cannot: {
      ...(isVersion1()
        ? { "end daemons of commands": "its exec knows no hierarchy of v1, and a daemon leaves session and parent" }
        : {}),
      "have user namespaces": "before version 1.9 it does not tell its features, and what is not told is not used",
      "keep devices from the user": "it gives all device nodes that it makes to the user of the container",
    },
    program: async (directory) => (isHybrid ? writeWithoutUnified(directory) : "crun"),
  },
};

/** The handler that the tests run with. */
export function handlerUnderTest(): OciHandler {
  const name = process.env["CRISP_TEST_HANDLER"] ?? "runc";
  const handler = handlers[name];
  if (handler === undefined)
    throw new Error(`CRISP_TEST_HANDLER=${name}: known are ${Object.keys(handlers).join(", ")}`);
  return handler;
}

/** Whether the handler under test can do something that not all can. */
export function handlerCan(what: Inability): boolean {
  return handlerUnderTest().cannot[what] === undefined;
}

function isVersion1(): boolean {
  return !existsSync("/sys/fs/cgroup/cgroup.controllers");
}

/**
 * crun refuses a machine whose unified hierarchy has a controller beside those of v1. In a mount namespace without that
 * hierarchy it works; everything else that is mounted stays as it is.
 */
async function writeWithoutUnified(directory: string): Promise<string> {
  const file = path.join(directory, "crun");
  const hide = "mount --make-private /sys/fs/cgroup && umount /sys/fs/cgroup/unified";
  const script = `exec unshare -m --propagation unchanged sh -c '${hide} && exec crun "$@"' crun "$@"`;
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}
