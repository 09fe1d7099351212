import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";

/** What a handler may not be able to do in the tests of containers; each is said with its reason in the table below. */
export type Inability =
  | "end daemons of commands"
  | "end what a command's own children started and left"
  | "have user namespaces"
  | "keep devices from the user"
  | "show its processes to the node"
  | "share a PID namespace"
  | "tell of privileges in /proc"
  | "tell of mounts"
  | "count processor time as the node does"
  | "be told of pressure"
  | "have memory of processes"
  | "wait for sockets"
  | "mask paths"
  | "show its limits inside"
  | "have devices of the node"
  | "have capabilities of Linux 5.8"
  | "name its terminal"
  | "say why a mount failed"
  | "write checkpoints";

/** A value of the configuration's table of options. */
type Option = string | boolean;

/** A runtime handler that tests run with. */
export interface TestHandler {
  readonly name: string;
  readonly type: "oci" | "shim";
  /** The configuration's table of options. */
  readonly options: Readonly<Record<string, Option>>;
  /** What it cannot do, and why: tests that need it (`needing`) are expected to fail. */
  readonly cannot: Readonly<Partial<Record<Inability, string>>>;
  /** Checks of `crisp verify` that it does not pass, and why. One that passes after all fails the tests. */
  readonly failing: Readonly<Record<string, string>>;
  /** Path of the program, or its name; a wrapper is written into the directory. */
  program(directory: string): Promise<string>;
}

const isHybrid = existsSync("/sys/fs/cgroup/unified/cgroup.controllers");

/** Why runtimes that call CRIU cannot write checkpoints on this machine; undefined where they can. */
const criuProblem = askCriu();

const common = { type: "oci", options: {}, cannot: {}, failing: {} } as const;

/** Every handler that is tested. */
export const testHandlers: readonly TestHandler[] = [
  { ...common, name: "runc", cannot: checkpointsBy(criuProblem), program: async () => "runc" },
  {
    ...common,
    name: "crun",
    cannot: {
      ...(isVersion1()
        ? { "end daemons of commands": "its exec knows no hierarchy of v1, and a daemon leaves session and parent" }
        : {}),
      ...(isHybrid
        ? {
            "be told of pressure":
              "its cgroups are not in the unified hierarchy, which has the pressure and which it refuses",
          }
        : {}),
      "keep devices from the user": "it gives all device nodes that it makes to the user of the container",
      "write checkpoints": "Debian builds it without",
    },
    program: async (directory) => (isHybrid ? writeWithoutUnified(directory) : "crun"),
  },
  {
    ...common,
    name: "runsc",
    // Its own network stack refuses kernels that show net.core.dev_weight in every network namespace, as new ones do.
    options: { platform: "ptrace", network: "host", "net-raw": true, "oci-seccomp": true },
    cannot: {
      ...(isHybrid
        ? {
            "be told of pressure":
              "its sandbox is in the hierarchies of v1 alone, and the unified one has the pressure",
          }
        : {}),
      "end daemons of commands":
        "of the processes in its sandbox it tells the parents alone, and a daemon leaves its own",
      "end what a command's own children started and left":
        "of the processes in its sandbox it tells the parents alone, not the sessions",
      "show its processes to the node": "they are those of a kernel of its own; the node sees the sandbox alone",
      "share a PID namespace": "each container is a sandbox of its own, with processes that nobody outside of it sees",
      "tell of privileges in /proc": "its /proc tells neither of ambient capabilities nor of no_new_privs",
      "tell of mounts": "its /proc/mounts names neither nosuid nor nodev",
      "count processor time as the node does": "its /proc has no schedstat; the time of its processes is its own count",
      "have memory of processes": "the memory of its processes is a file of the sandbox's, shared memory for the node",
      "wait for sockets":
        "read and write of one that is not ready fail with EAGAIN, as if they had been told not to wait",
      "mask paths": "its /proc is its own, and nothing of the node is in it",
      "show its limits inside": "its cgroup file system is its own; the sandbox is limited from outside",
      "have devices of the node": "it has devices of its own, and makes no others",
      "have capabilities of Linux 5.8": "its kernel ends before them, and it refuses a container that has one",
      "name its terminal": "a terminal has no path inside",
      "have user namespaces": "it takes none from outside, and its sandbox has one of its own",
      "say why a mount failed": "it says that its sandbox did not start, and the cause in its debug log alone",
      "write checkpoints": "its own ends the container and begins another one in its place",
    },
    failing: {
      "pod: its containers share a PID namespace when it asks for one":
        "each container is a sandbox of its own, with processes that nobody outside of it sees",
      "container: has no more privileges than it asks for": "its /proc does not tell of no_new_privs",
    },
    program: async () => "runsc",
  },
  {
    ...common,
    name: "shim",
    type: "shim",
    options: { binary_name: "runc" },
    cannot: checkpointsBy(criuProblem),
    program: async () => "containerd-shim-runc-v2",
  },
];

/** The handler that the tests of containers run with: that of CRISP_TEST_HANDLER, and runc when nobody says. */
export function handlerUnderTest(): TestHandler {
  const name = process.env["CRISP_TEST_HANDLER"] ?? "runc";
  const handler = testHandlers.find((known) => known.name === name);
  if (handler !== undefined) return handler;
  throw new Error(`CRISP_TEST_HANDLER=${name}: known are ${testHandlers.map((known) => known.name).join(", ")}`);
}

/** A configuration in which a handler is the default one. */
export async function handlerToml(handler: TestHandler, directory: string): Promise<string> {
  return `default_runtime = "${handler.name}"\n${await runtimeToml(handler, directory)}`;
}

/** A handler's part of a configuration. */
export async function runtimeToml(handler: TestHandler, directory: string): Promise<string> {
  const { name, type } = handler;
  const options = Object.entries(handler.options).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `[runtimes.${name}]
type = "${type}"
path = "${await handler.program(directory)}"
${options.length === 0 ? "" : `options = { ${options.join(", ")} }\n`}`;
}

function checkpointsBy(problem: string | undefined): TestHandler["cannot"] {
  return problem === undefined ? {} : { "write checkpoints": problem };
}

/** CRIU knows whether it can work with a kernel; a kernel that it cannot work with has no checkpoints. */
function askCriu(): string | undefined {
  const { status, stderr, error } = spawnSync("criu", ["check"], { encoding: "utf8", timeout: 60_000 });
  if (error !== undefined) return `criu does not run here: ${error.message}`;
  return status === 0 ? undefined : `criu does not work with this kernel: ${stderr.trim().split("\n").at(-1)}`;
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
