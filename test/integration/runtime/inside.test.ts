import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleMount } from "#runtime";
import type { LinuxResources } from "#spec";
import { limitFiles, sharesAsTold } from "../../support/cgroup-limits.ts";
import { needing } from "../../support/needing.ts";
import { openRuntimePlace, type RuntimePlace, readLog, type SpecChanges } from "./place.ts";

let place: RuntimePlace;

beforeAll(async () => {
  place = await openRuntimePlace();
});

afterAll(async () => {
  await place.dispose();
});

/** Runs a shell script in a container and gives what it printed. */
async function inside(script: string, changes: SpecChanges = {}): Promise<string> {
  const { runtime } = place;
  const asked = await place.request(["/bin/sh", "-c", script], changes);
  const container = await runtime.create(asked);
  await runtime.start(container);
  await runtime.observeExit(container);
  await runtime.delete(container);
  return (await readLog(asked.logPath ?? "")).join("\n");
}

const resources: LinuxResources = {
  cpuPeriod: 100_000,
  cpuQuota: 50_000,
  cpuShares: 512,
  memoryLimitBytes: 64 * 1024 * 1024,
  memorySwapLimitBytes: 0,
  oomScoreAdj: 900,
  cpusetCpus: "0",
  cpusetMems: "",
  hugepageLimits: [{ pageSize: "2MB", limitBytes: 0n }],
  unified: {},
};

/** What makes a container privileged, with all that its runtime knows. */
async function privileged(): Promise<SpecChanges> {
  const { machine } = place.input([]);
  const { knownCapabilities } = await place.runtime.probe();
  return {
    security: { isPrivileged: true, capabilities: { add: [], drop: [], addAmbient: [] } },
    input: { machine: { ...machine, ...(knownCapabilities === undefined ? {} : { knownCapabilities }) } },
  };
}

describe("a container sees", () => {
  it("its user and groups", async () => {
    const user = { uid: 1000, gid: 1001, additionalGids: [1001, 2000] };

    expect(await inside("id -u; id -g; id -G", { input: { user } })).toBe("1000\n1001\n1001 2000");
  });

  it("its environment, directory and hostname", async () => {
    const container = { workingDirectory: "/var/made/here", environment: [{ key: "COLOUR", value: "a b=c" }] };

    const seen = await inside("echo $COLOUR $HOSTNAME; pwd; hostname; echo $HOME", { container });

    expect(seen).toBe("a b=c web-0\n/var/made/here\nweb-0\n/root");
  });

  it("the default capabilities and a filter of system calls", needing("tell of privileges in /proc"), async () => {
    const seen = await inside("grep -E '^(CapBnd|CapEff|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status");

    expect(seen.split(/\s+/).filter((word) => !word.endsWith(":"))).toEqual([
      "00000000a80425fb",
      "00000000a80425fb",
      "0000000000000000",
      "0",
      "2",
    ]);
  });

  it(
    "the capabilities that were asked for, and no new privileges",
    needing("tell of privileges in /proc"),
    async () => {
      const security = {
        capabilities: { add: ["NET_ADMIN"], drop: ["ALL"], addAmbient: ["NET_BIND_SERVICE"] },
        hasNoNewPrivileges: true,
        seccomp: { kind: "unconfined" },
      } as const;

      const seen = await inside("grep -E '^(CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status", { security });

      expect(seen.split(/\s+/).filter((word) => !word.endsWith(":"))).toEqual([
        "0000000000001400",
        "0000000000000400",
        "1",
        "0",
      ]);
    },
  );

  it("paths masked and read-only as asked, and no others", needing("mask paths"), async () => {
    const security = { maskedPaths: ["/proc/uptime", "/proc/irq"], readonlyPaths: ["/proc/sys"] };
    const script = [
      "wc -c < /proc/uptime",
      "ls /proc/irq | wc -l",
      "(echo x > /proc/sys/kernel/domainname) 2>&1",
      "grep -c ' /proc/' /proc/self/mounts",
    ].join("; ");

    const masked = await inside(script, { security });
    const open = await inside(script, { security: { maskedPaths: [], readonlyPaths: [] } });

    expect(masked).toMatch(/^0\n0\n.*Read-only file system\n3$/);
    expect(open).toMatch(/^[1-9]\d*\n[1-9]\d*\n0$/);
  });

  it("a read-only root with writable volumes, nested ones too, and a termination log in /dev", async () => {
    const source = join(place.workspace.dir, "volumes");
    await mkdir(join(source, "outer/inner"), { recursive: true });
    await mkdir(join(source, "other"));
    await writeFile(join(source, "log"), "");
    const mounts = [
      { ...exampleMount, containerPath: "/tmp/outer/inner", hostPath: join(source, "other"), isReadonly: true },
      { ...exampleMount, containerPath: "/tmp/outer", hostPath: join(source, "outer") },
      { ...exampleMount, containerPath: "/dev/termination-log", hostPath: join(source, "log") },
    ];
    const script = [
      "touch /file || echo root is read-only",
      "touch /tmp/outer/file && echo outer is writable",
      "touch /tmp/outer/inner/file || echo inner is read-only",
      "echo done > /dev/termination-log",
      "cat /dev/termination-log",
    ].join("; ");

    const seen = await inside(`(${script}) 2>/dev/null`, {
      container: { mounts },
      security: { hasReadonlyRootfs: true },
    });

    expect(seen).toBe("root is read-only\nouter is writable\ninner is read-only\ndone");
  });

  it("the pod's files", async () => {
    const resolvConf = join(place.workspace.dir, "resolv.conf");
    await writeFile(resolvConf, "nameserver 10.0.0.1\n");

    const seen = await inside("cat /etc/resolv.conf; stat -f -c %T /dev/shm", { input: { podFiles: { resolvConf } } });

    expect(seen).toBe("nameserver 10.0.0.1\ntmpfs");
  });

  it("its limits", needing("show its limits inside"), async () => {
    const script = [
      "cat /proc/self/oom_score_adj",
      "grep Cpus_allowed_list /proc/self/status",
      "cd /sys/fs/cgroup",
      // On v2 the period stands behind the quota.
      `cat ${limitFiles.shares}; read quota period < ${limitFiles.quota}; echo $quota; cat ${limitFiles.memory}`,
      "ulimit -n",
    ].join("; ");
    const rlimits = [{ type: "RLIMIT_NOFILE", soft: 512n, hard: 99_999_999n }];

    const seen = await inside(script, { container: { resources }, policy: { rlimits } });

    expect(seen).toBe(`900\nCpus_allowed_list:\t0\n${sharesAsTold(512)}\n50000\n67108864\n512`);
  });

  it("the devices that everybody has, and those that it asked for", needing("have devices of the node"), async () => {
    const devices = [{ hostPath: "/dev/full", containerPath: "/dev/brimful", permissions: "r" }];
    const input = {
      devices: [{ path: "/dev/full", type: "c", major: 1, minor: 7, mode: 0o600, uid: 0, gid: 0 } as const],
    };

    const seen = await inside("ls /dev | sort | tr '\\n' ' '; stat -c '%t:%T %a' /dev/brimful", {
      container: { devices },
      input,
    });

    expect(seen).toMatch(/brimful .*full .*null .*ptmx .*random .*tty .*urandom zero/);
    expect(seen).toMatch(/1:7 600$/);
  });

  it("a writable /sys of the machine's, when privileged", async () => {
    expect(await inside("grep -c ' /sys sysfs rw' /proc/self/mounts", await privileged())).toBe("1");
  });

  it("all capabilities that its daemon has, when privileged", needing("have capabilities of Linux 5.8"), async () => {
    const own = /^CapBnd:.*$/m.exec(await readFile("/proc/self/status", "utf8"))?.[0];

    expect(await inside("grep CapBnd /proc/self/status", await privileged())).toBe(own);
  });

  it("no filter of system calls, when privileged", async () => {
    expect(await inside("grep Seccomp: /proc/self/status", await privileged())).toBe("Seccomp:\t0");
  });

  it("a terminal when it asks for one", needing("name its terminal"), async () => {
    const seen = await inside("tty; echo $TERM", { container: { hasTty: true } });

    expect(seen.replaceAll("\r", "")).toBe("/dev/pts/0\nxterm");
  });
});

describe("the default seccomp profile lets a container", () => {
  it("not mount, not even with a new user namespace, and not set the clock", async () => {
    const security = { capabilities: { add: ["NET_ADMIN"], drop: [], addAmbient: [] } };
    const script = "mount -t tmpfs none /tmp; unshare -U true; unshare -r true; date -s 2020-01-01 >/dev/null";

    const seen = await inside(`(${script}) 2>&1 | grep -c -i 'operation not permitted\\|permission denied'`, {
      security,
    });

    expect(seen).toBe("4");
  });

  it("run ordinary programs: threads, pipes, sockets, signals", async () => {
    const seen = await inside(
      "yes | head -c 1000 | wc -c; (sleep 100 & kill $!; wait $!) 2>/dev/null; echo $?; ls / | grep -c bin",
    );

    expect(seen).toBe("1000\n143\n1");
  });
});
