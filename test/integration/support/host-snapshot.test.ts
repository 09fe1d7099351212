import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run, startChild } from "../../support/child.ts";
import { compareHosts, type HostScope, snapshotHost } from "../../support/host-snapshot.ts";
import { directoryIn, openWorkspace, type Workspace } from "../../support/workspace.ts";

let workspace: Workspace;
let scope: HostScope;

beforeEach(async () => {
  workspace = await openWorkspace();
  scope = {
    ...workspace,
    leases: await directoryIn(workspace, "leases"),
    directories: [await directoryIn(workspace, "data")],
  };
});

afterEach(() => workspace.close());

const leaks: readonly { readonly what: string; readonly leak: () => Promise<unknown>; readonly seen: RegExp }[] = [
  { what: "a process that names its directory", leak: leakProcess, seen: /^\+ processes: tail -F \S+\/data\/any$/ },
  { what: "a process in its cgroup", leak: leakProcessInCgroup, seen: /^\+ processes: tail -F \/dev\/null$/ },
  { what: "a mount", leak: leakMount, seen: /^\+ mounts: \S+\/mounted$/ },
  { what: "a port of its bridge", leak: leakBridgePort, seen: /^\+ network devices: v/ },
  { what: "a cgroup", leak: () => makeCgroup("left"), seen: /^\+ cgroups: \/sys\/fs\/cgroup\/\S*\/left$/ },
  { what: "a firewall rule", leak: leakFirewallRule, seen: /^\+ firewall rules: -A POSTROUTING/ },
  { what: "an address lease", leak: leakLease, seen: /^\+ address leases: net\/10\.1\.2\.3$/ },
  { what: "a file", leak: leakFile, seen: /^\+ files in data: left$/ },
];

test.each(leaks)("compareHosts() shows $what, and reclaimHost() takes it back", async ({ leak, seen }) => {
  const before = await snapshotHost(scope);

  await leak();

  expect(compareHosts(before, await snapshotHost(scope))).toMatch(seen);
  await workspace.close();
  expect(compareHosts(before, await snapshotHost(scope))).toBe("");
});

test("compareHosts() shows what has vanished", async () => {
  await leakFile();
  const before = await snapshotHost(scope);

  await run("rm", [path.join(workspace.dir, "data/left")]);

  expect(compareHosts(before, await snapshotHost(scope))).toBe("- files in data: left");
});

test("compareHosts() counts: one process of two alike that is gone is missing", async () => {
  await leakProcess();
  const pid = await startEndless(`${workspace.dir}/data/any`);
  const before = await snapshotHost(scope);

  process.kill(pid, "SIGKILL");

  await expect
    .poll(async () => compareHosts(before, await snapshotHost(scope)))
    .toMatch(/^- processes: tail -F \S+\/data\/any$/);
});

test("compareHosts() of a host where nothing changed is empty", async () => {
  const before = await snapshotHost(scope);

  expect(compareHosts(before, await snapshotHost(scope))).toBe("");
});

async function leakProcess(): Promise<void> {
  await startEndless(`${workspace.dir}/data/any`);
}

async function leakProcessInCgroup(): Promise<void> {
  const cgroup = await makeCgroup("");
  const pid = await startEndless("/dev/null");
  await writeFile(path.join(cgroup, "cgroup.procs"), String(pid));
}

async function leakMount(): Promise<void> {
  const mountPoint = await directoryIn(workspace, "mounted");
  await run("mount", ["-t", "tmpfs", "none", mountPoint]);
}

async function leakBridgePort(): Promise<void> {
  const port = `v${workspace.id}`;
  await run("ip", ["link", "add", workspace.bridge, "type", "bridge"]);
  await run("ip", [
    "link",
    "add",
    port,
    "master",
    workspace.bridge,
    "type",
    "veth",
    "peer",
    "name",
    `w${workspace.id}`,
  ]);
}

async function leakFirewallRule(): Promise<void> {
  const match = ["-s", workspace.subnet, "-m", "comment", "--comment", `name: "${workspace.network}" id: "x"`];
  await run("iptables", ["-w", "-t", "nat", "-A", "POSTROUTING", ...match, "-j", "ACCEPT"]);
}

async function leakLease(): Promise<void> {
  const network = await directoryIn(workspace, "leases/net");
  await writeFile(path.join(network, "10.1.2.3"), "");
  await writeFile(path.join(network, "last_reserved_ip.0"), "");
}

async function leakFile(): Promise<void> {
  await writeFile(path.join(workspace.dir, "data/left"), "");
}

/** On a machine with several hierarchies any will do: what is looked for has the same path in all. */
async function makeCgroup(name: string): Promise<string> {
  const hierarchy = existsSync("/sys/fs/cgroup/pids") ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup";
  const cgroup = path.join(hierarchy, workspace.cgroupParent, name);
  await mkdir(cgroup, { recursive: true });
  return cgroup;
}

async function startEndless(file: string): Promise<number> {
  const logFile = path.join(workspace.dir, "tail.log");
  const child = await startChild({ command: "tail", args: ["-F", file], logFile });
  return child.pid;
}
