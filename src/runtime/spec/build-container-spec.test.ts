import { describe, expect, it } from "vitest";
import type { OciSpec } from "#spec";
import { exampleInput } from "../fake/example-input.ts";
import { buildContainerSpec } from "./build-container-spec.ts";
import type { ContainerSpec, ContainerSpecInput, NamespaceSource } from "./input.ts";

describe("buildContainerSpec()", () => {
  it("builds an ordinary container", () => {
    const { spec, clamped } = buildContainerSpec(exampleInput());

    expect(spec).toMatchObject({
      ociVersion: "1.0.2",
      process: {
        terminal: false,
        user: { uid: 0, gid: 0, additionalGids: [0] },
        args: ["/bin/true"],
        cwd: "/",
        noNewPrivileges: false,
        oomScoreAdj: 0,
      },
      root: { path: "/rootfs", readonly: false },
      hostname: "web-0",
      annotations: { "io.kubernetes.cri.sandbox-name": "web", "io.kubernetes.cri.container-name": "main" },
      linux: {
        cgroupsPath: "/pods/abc",
        resources: { devices: [{ allow: false, access: "rwm" }] },
        maskedPaths: ["/proc/kcore"],
        readonlyPaths: ["/proc/sys"],
      },
    });
    expect(spec.linux.seccomp).toBeDefined();
    expect(clamped).toEqual([]);
  });

  it("names the hostname also when it joins the pod's UTS namespace, but never renames the node", () => {
    const { namespaces } = exampleInput();
    const specWith = (uts: NamespaceSource): OciSpec =>
      buildContainerSpec(exampleInput({ input: { namespaces: { ...namespaces, uts } } })).spec;

    expect(specWith({ path: "/ns/uts" }).hostname).toBe("web-0");
    expect(specWith("host").hostname).toBeUndefined();
  });

  it("takes fences down for a privileged container", () => {
    const { spec } = buildContainerSpec(exampleInput({ security: { isPrivileged: true } }));

    expect(spec.linux).toMatchObject({ maskedPaths: [], readonlyPaths: [], resources: { devices: [{ allow: true }] } });
    expect(spec.linux.seccomp).toBeUndefined();
    expect(spec.process.capabilities?.bounding).toContain("CAP_SYS_ADMIN");
  });

  it("leaves out what the runtime does not know, in a user namespace of its own too, and says so", () => {
    const { namespaces, machine } = exampleInput();
    const knownCapabilities = new Set(["CAP_CHOWN", "CAP_SYS_ADMIN"]);
    const user = { path: "/ns/user", mappings: { uids: [], gids: [] } };
    const buildWith = (changes: Partial<ContainerSpecInput>): ContainerSpec =>
      buildContainerSpec(
        exampleInput({
          security: { isPrivileged: true },
          input: { machine: { ...machine, knownCapabilities }, ...changes },
        }),
      );

    for (const { spec, clamped } of [buildWith({}), buildWith({ namespaces: { ...namespaces, user } })]) {
      expect(spec.process.capabilities?.bounding).toEqual(["CAP_CHOWN", "CAP_SYS_ADMIN"]);
      expect(clamped).toContainEqual({ what: "capability", asked: "CAP_BPF", granted: "" });
    }
  });

  it("lists everything that was granted in part", () => {
    const resources = {
      cpuPeriod: 0,
      cpuQuota: 0,
      cpuShares: 0,
      memoryLimitBytes: 0,
      memorySwapLimitBytes: 0,
      oomScoreAdj: -997,
      cpusetCpus: "",
      cpusetMems: "",
      hugepageLimits: [],
      unified: {},
    };
    const { clamped } = buildContainerSpec(
      exampleInput({
        container: { resources },
        security: { capabilities: { add: ["SYS_TIME"], drop: [], addAmbient: [] } },
        policy: { rlimits: [{ type: "RLIMIT_NOFILE", soft: 1n, hard: 99_999n }] },
      }),
    );

    expect(clamped.map(({ what }) => what)).toEqual(["capability", "rlimit", "oom-score-adj"]);
  });

  it("follows the policy of its handler", () => {
    const input = exampleInput({
      container: {
        annotations: { "io.katacontainers.x": "1", "other.io/a": "2" },
        devices: [{ hostPath: "/dev/full", containerPath: "/dev/full", permissions: "r" }],
      },
      policy: {
        defaultAnnotations: { "run.oci.keep": "yes", "io.katacontainers.x": "0" },
        allowedAnnotations: ["io.katacontainers.*"],
        givesDevicesToUser: true,
        hasWritableCgroup: true,
      },
      input: {
        user: { uid: 7, gid: 8, additionalGids: [] },
        devices: [{ path: "/dev/full", type: "c", major: 1, minor: 7, mode: 0o600, uid: 0, gid: 0 }],
      },
    });

    const { spec } = buildContainerSpec(input);

    expect(spec.annotations).toMatchObject({ "run.oci.keep": "yes", "io.katacontainers.x": "1" });
    expect(spec.annotations).not.toHaveProperty(["other.io/a"]);
    expect(spec.linux.devices).toMatchObject([{ path: "/dev/full", uid: 7, gid: 8 }]);
    expect(spec.mounts.find(({ destination }) => destination === "/sys/fs/cgroup")?.options).toContain("rw");
  });

  it("gives a privileged container no device but those that it names, where its handler hides them", () => {
    const node = { type: "c", major: 1, mode: 0o600, uid: 0, gid: 0 } as const;
    const input = exampleInput({
      container: { devices: [{ hostPath: "/dev/full", containerPath: "/dev/full", permissions: "r" }] },
      security: { isPrivileged: true },
      policy: { hidesHostDevices: true },
      input: {
        devices: [
          { ...node, path: "/dev/full", minor: 7 },
          { ...node, path: "/dev/mem", minor: 1 },
        ],
      },
    });

    const { linux } = buildContainerSpec(input).spec;

    expect(linux.devices?.map(({ path }) => path)).toEqual(["/dev/full"]);
    expect(linux.resources?.devices?.map(({ allow }) => allow)).toEqual([false, true]);
  });

  it("joins the pod's user namespace, in which every capability can be had", () => {
    const uids = [{ hostId: 65_536, containerId: 0, length: 65_536 }];
    const gids = [{ hostId: 131_072, containerId: 0, length: 10 }];
    const user = { path: "/ns/user", mappings: { uids, gids } };
    const { namespaces } = exampleInput();
    const security = { capabilities: { add: ["SYS_TIME"], drop: ["ALL"], addAmbient: [] } };

    const { spec, clamped } = buildContainerSpec(
      exampleInput({ security, input: { namespaces: { ...namespaces, user } } }),
    );

    expect(spec.linux.namespaces[0]).toEqual({ type: "user", path: "/ns/user" });
    expect(spec.linux.uidMappings).toEqual([{ containerID: 0, hostID: 65_536, size: 65_536 }]);
    expect(spec.linux.gidMappings).toEqual([{ containerID: 0, hostID: 131_072, size: 10 }]);
    expect([spec.process.capabilities?.bounding, clamped]).toEqual([["CAP_SYS_TIME"], []]);
  });
});
