import { imagesSettings } from "./images-settings.ts";
import { journalSettings } from "./journal-settings.ts";
import {
  cgroupParent,
  directories,
  directory,
  directoryOrNone,
  fileOrNone,
  flag,
  freeTable,
  handlerName,
  localAddressOrNone,
  oneOf,
  overlayOptions,
  patterns,
  program,
  rlimits,
  textTable,
  unixSocket,
  wholeNumber,
} from "./kinds.ts";
import { retentionSettings } from "./retention-settings.ts";
import type { Setting, SettingsOf } from "./setting.ts";
import { streamingSettings } from "./streaming-settings.ts";
import { tracingSettings } from "./tracing-settings.ts";
import type { Config, RuntimeConfig } from "./types.ts";

/** The runtime that exists without any configuration. */
export const builtinRuntime = "runc";

/** The one table that flags, environment, files, validation, help and printed configuration come from. */
const settings: SettingsOf<Omit<Config, "runtimes">> = {
  root: {
    kind: directory,
    fallback: "/var/lib/crisp",
    flag: "--root",
    about: "what survives a reboot: images, snapshots, records",
    needsRestart: true,
  },
  state: {
    kind: directory,
    fallback: "/run/crisp",
    flag: "--state",
    about: "what a reboot ends: bundles, pinned namespaces, pid files",
    needsRestart: true,
  },
  listen: {
    kind: unixSocket,
    fallback: "/run/crisp/crisp.sock",
    flag: "--listen",
    about: "the socket that CRI is served on",
    needsRestart: true,
  },
  defaultRuntime: {
    kind: handlerName,
    fallback: builtinRuntime,
    about: "the runtime of pods that name none",
  },
  streaming: streamingSettings,
  cni: {
    confDir: {
      kind: directory,
      fallback: "/etc/cni/net.d",
      flag: "--cni-conf-dir",
      about: "network configurations; the first by name is used",
    },
    confTemplate: {
      kind: fileOrNone,
      fallback: "",
      about:
        "a network configuration to be written with the node's pod addresses, in Go's template language; empty: none",
    },
    binDirs: {
      kind: directories,
      fallback: ["/opt/cni/bin", "/usr/lib/cni"],
      flag: "--cni-bin-dir",
      about: "where network plugins are looked for, in this order",
    },
    ownsNetworks: {
      kind: flag,
      fallback: false,
      about: "no other runtime has pods on these networks: their plugins may free all that is not of ours (CNI GC)",
    },
  },
  cdi: {
    specDirs: {
      kind: directories,
      fallback: ["/etc/cdi", "/var/run/cdi"],
      flag: "--cdi-spec-dir",
      about: "where the devices of CDI are described; of the same device the later directory's counts",
    },
  },
  blockio: {
    configFile: {
      kind: fileOrNone,
      fallback: "",
      about: "classes of block I/O that annotations may name, as YAML; empty: none",
    },
  },
  registry: {
    configDirs: {
      kind: directories,
      fallback: ["/etc/crisp/certs.d", "/etc/containerd/certs.d"],
      flag: "--registry-config-dir",
      about: "mirrors and certificates of registries, as HOST/hosts.toml; the first that has the host is used",
    },
    registriesConf: {
      kind: fileOrNone,
      fallback: "/etc/containers/registries.conf",
      about:
        "mirrors and blocks as other tools have them, with FILE.d/*.conf; a hosts.toml goes first, except for blocks",
    },
    authFile: {
      kind: fileOrNone,
      fallback: "",
      about: "credentials in docker's format for pulls that bring none; read anew at each pull",
    },
  },
  cgroup: {
    driver: {
      kind: oneOf(["auto", "cgroupfs", "systemd"]),
      fallback: "auto",
      about: "who makes cgroups; auto asks systemd where it runs",
      needsRestart: true,
    },
    parent: {
      kind: cgroupParent,
      fallback: "/crisp",
      about: "the cgroup of pods that come without a parent",
    },
  },
  monitor: {
    path: {
      kind: program,
      fallback: "conmon",
      about: "the monitor that holds each container of an OCI runtime",
      needsRestart: true,
    },
  },
  logs: {
    fullDiskWaitSeconds: {
      kind: wholeNumber(0, 3_600),
      fallback: 60,
      about: "how long a container waits for a full disk of its log before its lines are dropped, and counted",
      needsRestart: true,
    },
  },
  pods: {
    volumeTimeoutSeconds: {
      kind: wholeNumber(1, 3_600),
      fallback: 60,
      about: "how long the host paths of a container's mounts may take to answer, all together",
    },
    killTimeoutSeconds: {
      kind: wholeNumber(1, 3_600),
      fallback: 30,
      about: "how long a killed container may take to be gone before its stop fails",
    },
  },
  images: imagesSettings,
  journal: journalSettings,
  retention: retentionSettings,
  log: {
    level: {
      kind: oneOf(["trace", "debug", "info", "warn", "error"]),
      fallback: "info",
      flag: "--log-level",
      about: "the least grave messages that are logged",
    },
  },
  metrics: {
    address: {
      kind: localAddressOrNone,
      fallback: undefined,
      flag: "--metrics-address",
      about: "where metrics are served at /metrics, on this machine only; empty serves none",
    },
  },
  tracing: tracingSettings,
};

/** The settings of each `[runtimes.NAME]`. */
const runtimeSettings: { readonly [Name in keyof RuntimeConfig]: Setting<RuntimeConfig[Name]> } = {
  type: {
    kind: oneOf(["oci", "shim"]),
    fallback: "oci",
    about: "oci: a command-line runtime under the monitor; shim: a program of the shim v2 interface",
  },
  path: {
    kind: program,
    fallback: builtinRuntime,
    about: "the runtime's program; a bare name is looked up in PATH",
  },
  sandboxer: {
    kind: oneOf(["container", "shim"]),
    fallback: "container",
    about: "who makes a shim's pods. container: crisp, with a container that does nothing; shim: its sandbox service",
  },
  root: {
    kind: directoryOrNone,
    fallback: "",
    about: "the runtime's own state; empty puts it under the state directory",
  },
  defaultRlimits: {
    kind: rlimits,
    fallback: {},
    about: 'limits of every container, such as nofile = "1024:4096"; what is not named is the runtime\'s own',
  },
  defaultAnnotations: {
    kind: textTable,
    fallback: {},
    about: "annotations that the runtime is given with every container",
  },
  allowedAnnotations: {
    kind: patterns,
    fallback: [],
    about: "annotations of pods and containers that the runtime is given, with * for anything",
  },
  deviceOwnershipFromSecurityContext: {
    kind: flag,
    fallback: false,
    about: "give a container's devices to the user and group that it runs as",
  },
  cgroupWritable: {
    kind: flag,
    fallback: false,
    about: "let containers write to their own part of /sys/fs/cgroup; for machines with cgroup v2",
  },
  privilegedWithoutHostDevices: {
    kind: flag,
    fallback: false,
    about: "give privileged containers only the devices that they name, not all of the machine's",
  },
  cniConfDir: {
    kind: directoryOrNone,
    fallback: "",
    about: "network configurations of its pods; empty: they are on the node's network, of cni.conf_dir",
  },
  snapshotOptions: {
    kind: overlayOptions,
    fallback: {},
    about: 'how the root file systems of its containers are mounted, such as volatile = "off" or metacopy = "on"',
  },
  createTimeoutSeconds: {
    kind: wholeNumber(1, 3_600),
    fallback: 240,
    about: "how long the runtime may take to make a container",
  },
  callTimeoutSeconds: {
    kind: wholeNumber(1, 3_600),
    fallback: 60,
    about: "how long the runtime may take for any other call",
  },
  options: {
    kind: freeTable,
    fallback: {},
    about: "what only this runtime knows: see docs/runtime-authors.md",
  },
};

/** A setting found by its key. */
export interface KeyedSetting {
  readonly key: string;
  readonly setting: Setting<unknown>;
}

/** Every setting outside of `[runtimes]`, in the order of the table. */
export function listSettings(): readonly KeyedSetting[] {
  return walk(settings, "");
}

/** The settings of one runtime, keyed as files spell them. Its program is its name until told otherwise. */
export function listRuntimeSettings(name: string): readonly KeyedSetting[] {
  const named = { ...runtimeSettings, path: { ...runtimeSettings.path, fallback: name } };
  return walk(named, `runtimes.${name}.`);
}

/** The name of a key's environment variable. */
export function variableOf(key: string): string {
  return `CRISP_${key.replaceAll(".", "_").toUpperCase()}`;
}

/** The configuration outside of `[runtimes]`, from accepted values by key. */
export function assembleSettings(values: ReadonlyMap<string, unknown>): Omit<Config, "runtimes"> {
  return fill(settings, "", values) as Omit<Config, "runtimes">;
}

/** One runtime's configuration, from accepted values by key. */
export function assembleRuntime(name: string, values: ReadonlyMap<string, unknown>): RuntimeConfig {
  return fill(runtimeSettings, `runtimes.${name}.`, values) as RuntimeConfig;
}

/**
 * Fills the shape of a table with values. What it returns has that shape, and
 * every value was accepted by the kind at its place: hence the casts above.
 */
function fill(table: object, prefix: string, values: ReadonlyMap<string, unknown>): unknown {
  const entries = Object.entries<unknown>({ ...table }).map(([name, inner]) => {
    const key = prefix + keyOf(name);
    return [name, isSetting(inner) ? values.get(key) : fill(inner as object, `${key}.`, values)];
  });
  return Object.freeze(Object.fromEntries(entries));
}

function walk(table: object, prefix: string): KeyedSetting[] {
  return Object.entries<unknown>({ ...table }).flatMap(([name, inner]) => {
    const key = prefix + keyOf(name);
    return isSetting(inner) ? [{ key, setting: inner }] : walk(inner as object, `${key}.`);
  });
}

function isSetting(value: unknown): value is Setting<unknown> {
  return typeof value === "object" && value !== null && "kind" in value;
}

function keyOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
