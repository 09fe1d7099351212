import { copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLogger } from "#foundation";
import { createLinuxHost, type Host } from "#host";
import {
  buildContainerSpec,
  type ConmonRuntimeOptions,
  type ContainerSpecInput,
  type CreateRequest,
  createConmonRuntime,
  exampleInput,
  type HandlerPolicy,
  loadShimRuntime,
  type OciRuntime,
  type ShimRuntimeOptions,
} from "#runtime";
import { type ContainerConfig, type ContainerSecurity, decodeCriLogLine, LogLineSplitter } from "#spec";
import { compareHosts, snapshotHost } from "../../support/host-snapshot.ts";
import { handlerUnderTest } from "../../support/test-handlers.ts";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";

/** A machine with the runtime under test and a root file system of busybox, all below one directory. */
export interface RuntimePlace {
  readonly host: Host;
  readonly runtime: OciRuntime;
  readonly workspace: Workspace;
  readonly rootfsPath: string;
  readonly logDirectory: string;
  /** A request for a container, with changes to what is asked for. */
  readonly request: (args: readonly string[], changes?: SpecChanges) => Promise<CreateRequest>;
  /** What a container's config.json would be built from. */
  readonly input: (args: readonly string[]) => ContainerSpecInput;
  /** A new runtime object over the same directories: what a daemon has after a restart. */
  readonly restart: () => Promise<OciRuntime>;
  /** Removes everything; fails when a test has left something that only its own acts could remove. */
  readonly dispose: () => Promise<void>;
}

export interface SpecChanges {
  readonly container?: Partial<ContainerConfig>;
  readonly security?: Partial<ContainerSecurity>;
  readonly policy?: Partial<HandlerPolicy>;
  readonly input?: Partial<ContainerSpecInput>;
  readonly request?: Partial<CreateRequest>;
}

const applets = [
  "sh",
  "sleep",
  "echo",
  "true",
  "false",
  "cat",
  "id",
  "mount",
  "ls",
  "stat",
  "head",
  "yes",
  "touch",
  "hostname",
  "env",
  "test",
  "grep",
  "ps",
  "kill",
  "dd",
  "tty",
  "pwd",
  "ulimit",
  "setsid",
  "wc",
  "tr",
  "sort",
  "unshare",
  "date",
  "tail",
  "mv",
  "seq",
  "stty",
  "nc",
  "printf",
];

/** Makes the runtime of a place; what it opens is closed with the place, or before a new one is made. */
export type MakeRuntime = (deps: {
  readonly host: Host;
  readonly directory: string;
}) => Promise<OciRuntime & { close?(): Promise<void> }>;

/** The runtime that the tests run with: that of a shim, or an OCI runtime with one conmon for each container. */
const runtimeUnderTest: MakeRuntime = async ({ host, directory }) => {
  const handler = handlerUnderTest();
  const { type, options } = handler;
  const path = await handler.program(directory);
  const make = type === "shim" ? shimWith({ shimPath: path, options }) : conmonWith({ runtimePath: path, options });
  return await make({ host, directory });
};

/** A runtime of runc, or another OCI runtime, with one conmon for each container. */
export function conmonWith(options: Partial<ConmonRuntimeOptions> = {}): MakeRuntime {
  return async ({ host, directory }) =>
    createConmonRuntime(
      { handler: "test", runtimePath: "runc", runtimeRoot: join(directory, "runtime"), ...options },
      { host, logger: silentLogger },
    );
}

/** A runtime of containerd-shim-runc-v2, as containerd brings it. */
export function shimWith(options: Partial<ShimRuntimeOptions> = {}): MakeRuntime {
  return async ({ host, directory }) =>
    loadShimRuntime(
      { handler: "test", shimPath: "containerd-shim-runc-v2", root: join(directory, "shims"), ...options },
      { host, logger: silentLogger },
    );
}

export async function openRuntimePlace(make: MakeRuntime = runtimeUnderTest): Promise<RuntimePlace> {
  const workspace = await openWorkspace("r");
  const host = await createLinuxHost({ path: "/usr/sbin:/usr/bin:/sbin:/bin", adoptsOrphans: true });
  const rootfsPath = await makeRootfs(workspace);
  const logDirectory = join(workspace.dir, "logs");
  await mkdir(logDirectory);
  const before = await snapshotHost(workspace);
  let runtime = await make({ host, directory: workspace.dir });
  const restart = async (): Promise<OciRuntime> => {
    await runtime.close?.();
    runtime = await make({ host, directory: workspace.dir });
    return runtime;
  };
  const made: CreateRequest[] = [];

  const request = async (args: readonly string[], changes: SpecChanges = {}): Promise<CreateRequest> => {
    const id = `${workspace.id}c${made.length}`;
    const { spec } = buildContainerSpec(inputFor({ host, workspace, rootfsPath, id }, args, changes));
    const asked: CreateRequest = {
      id,
      bundleDirectory: join(workspace.dir, id),
      spec,
      logPath: join(logDirectory, `${id}.log`),
      hasStdin: false,
      isStdinOnce: false,
      ...changes.request,
    };
    made.push(asked);
    return asked;
  };

  const dispose = async (): Promise<void> => {
    try {
      for (const asked of made) await runtime.delete(asked, { isForced: true });
      await runtime.close?.();
      await host.cgroups.remove(workspace.cgroupParent);
      const left = compareHosts(before, await snapshotHost(workspace));
      if (left !== "") throw new Error(`a test left on the host:\n${left}`);
    } finally {
      await workspace.close();
    }
  };

  const input = (args: readonly string[]): ContainerSpecInput =>
    inputFor({ host, workspace, rootfsPath, id: "input" }, args, {});

  return {
    host,
    input,
    get runtime() {
      return runtime;
    },
    workspace,
    rootfsPath,
    logDirectory,
    request,
    restart,
    dispose,
  };
}

/** What a container wrote, as lines: those of standard output, then those of standard error. */
export async function readLog(path: string): Promise<readonly string[]> {
  const decoded = new LogLineSplitter().push(await readFile(path)).map(decodeCriLogLine);
  const textOf = (stream: string): string =>
    decoded
      .filter((line) => line?.stream === stream)
      .map((line) => `${line?.content.toString()}${line?.isPartial === true ? "" : "\n"}`)
      .join("");
  return `${textOf("stdout")}\n${textOf("stderr")}`.split("\n").filter((line) => line !== "");
}

async function makeRootfs(workspace: Workspace): Promise<string> {
  const rootfs = join(workspace.dir, "rootfs");
  for (const name of ["bin", "etc", "tmp", "root"]) await mkdir(join(rootfs, name), { recursive: true });
  await copyFile("/bin/busybox", join(rootfs, "bin/busybox"));
  for (const applet of applets) await symlink("busybox", join(rootfs, "bin", applet));
  await writeFile(join(rootfs, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/tmp:/bin/sh\n");
  await writeFile(join(rootfs, "etc/group"), "root:x:0:\nweb:x:1000:\nextra:x:2000:web\n");
  return rootfs;
}

interface SpecPlace {
  readonly host: Host;
  readonly workspace: Workspace;
  readonly rootfsPath: string;
  readonly id: string;
}

function inputFor(place: SpecPlace, args: readonly string[], changes: SpecChanges): ContainerSpecInput {
  const { host, workspace, rootfsPath, id } = place;
  const { architecture, kernelRelease, own } = host.machine;
  const example = exampleInput({
    container: { command: args, ...changes.container },
    security: changes.security ?? {},
    policy: changes.policy ?? {},
  });
  return {
    ...example,
    rootfsPath,
    cgroup: { ...example.cgroup, path: `${workspace.cgroupParent}/${id}`, version: host.cgroups.version },
    machine: { ...example.machine, architecture, kernelRelease, own },
    ...changes.input,
  };
}
