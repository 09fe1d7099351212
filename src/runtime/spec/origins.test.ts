import { expect, it } from "vitest";
import { exampleInput } from "../fake/example-input.ts";
import { buildContainerSpec } from "./build-container-spec.ts";
import { Origins } from "./origins.ts";

const ids = [{ hostId: 65_536, containerId: 0, length: 65_536 }];

/** A container that asks for nearly everything. */
const rich = exampleInput({
  container: {
    hasTty: true,
    annotations: { "vendor.io/a": "1", "io.kubernetes.cri.rdt-class": "gold" },
    environment: [{ key: "ASKED", value: "1" }],
    devices: [{ hostPath: "/dev/full", containerPath: "/dev/full", permissions: "r" }],
    resources: {
      cpuPeriod: 100_000,
      cpuQuota: 50_000,
      cpuShares: 512,
      memoryLimitBytes: 1 << 26,
      memorySwapLimitBytes: 0,
      oomScoreAdj: 900,
      cpusetCpus: "0",
      cpusetMems: "",
      hugepageLimits: [{ pageSize: "2MB", limitBytes: 1n }],
      unified: {},
    },
  },
  security: {
    seccomp: { kind: "runtime-default" },
    maskedPaths: ["/proc/kcore"],
    apparmor: { kind: "localhost", ref: "mine" },
    selinux: { user: "u", role: "r", type: "t", level: "s0" },
  },
  policy: {
    rlimits: [{ type: "RLIMIT_NOFILE", soft: 1n, hard: 9n }],
    defaultAnnotations: { "policy.io/b": "2" },
    allowedAnnotations: ["vendor.io/*"],
  },
  input: {
    devices: [{ path: "/dev/full", type: "c", major: 1, minor: 7, mode: 0o600, uid: 0, gid: 0 }],
    podFiles: { hosts: "/run/hosts" },
    cdi: {
      names: ["vendor.io/gpu=0"],
      env: ["GPU=0"],
      devices: [{ node: { path: "/dev/gpu", type: "c", major: 9, minor: 9 }, access: "rw" }],
      mounts: [{ hostPath: "/lib/gpu", containerPath: "/gpu", type: "", options: [] }],
      hooks: [{ hookName: "createRuntime", path: "/bin/hook", args: [], env: [], timeoutSeconds: 1 }],
      additionalGids: [44],
    },
  },
});

const input = {
  ...rich,
  image: { ...rich.image, env: ["FROM_IMAGE=1"] },
  machine: { ...rich.machine, hasApparmor: true, hasSelinux: true, hasRdt: true },
  cgroup: { ...rich.cgroup, hasHugetlb: true },
  namespaces: { ...rich.namespaces, user: { path: "/ns/user", mappings: { uids: ids, gids: ids } } },
};

/** The parts of a document down to those that Origins names: entries of lists and maps go by their names. */
function partsOf(value: unknown, path: string, known: ReadonlySet<string>): readonly string[] {
  if (known.has(path)) return [path];
  if (Array.isArray(value)) return value.flatMap((entry) => partsOf(entry, `${path}[${nameOf(entry)}]`, known));
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, item]) => {
    const isMap = path === "annotations";
    return partsOf(item, isMap ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`, known);
  });
}

function nameOf(entry: unknown): string {
  if (typeof entry === "string") return entry.split("=")[0] ?? "";
  const named = entry as { readonly destination?: string; readonly path?: string; readonly type?: string };
  return named.destination ?? (named.type?.length === 1 ? named.path : (named.type ?? named.path)) ?? "";
}

it("tells of every part of the document where it comes from, and of no other", () => {
  const origins = new Origins();
  const { spec } = buildContainerSpec(input, origins);

  const known = new Set(origins.list().map(({ part }) => part));
  const parts = new Set(partsOf(spec, "", known));

  expect([...parts].filter((part) => !known.has(part))).toEqual(["process.user.uid", "process.user.gid"]);
  expect([...known].filter((part) => !parts.has(part))).toEqual([]);
});

it.each([
  ["process.args", "request", "command"],
  ["process.env[PATH]", "crisp", "every container has it"],
  ["process.env[FROM_IMAGE]", "image", "ENV"],
  ["process.env[ASKED]", "request", "envs"],
  ["process.env[GPU]", "cdi", "vendor.io/gpu=0"],
  ["process.rlimits[RLIMIT_NOFILE]", "policy", "default_rlimits"],
  ["annotations[vendor.io/a]", "request", "annotations, by allowed_annotations"],
  ["annotations[policy.io/b]", "policy", "default_annotations"],
  ["mounts[/proc]", "crisp", "file system of the kernel"],
  ["mounts[/gpu]", "cdi", "vendor.io/gpu=0"],
  ["linux.seccomp", "request", "linux.security_context.seccomp: crisp's default profile"],
])("tells that %s is from the %s", (part, from, why) => {
  const origins = new Origins();
  buildContainerSpec(input, origins);

  expect(origins.list().find((origin) => origin.part === part)).toEqual({ part, from, why });
});
