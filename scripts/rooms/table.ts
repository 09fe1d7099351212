/** What one room may know of the others. */
export interface RoomRule {
  /** A room imports only from lower layers: that is why no cycle of rooms can exist. */
  readonly layer: number;
  /** The rooms it may import, always as `#room`. */
  readonly imports: readonly string[];
}

/** The rooms of src/, as ARCHITECTURE.md has them. */
export const rooms: Readonly<Record<string, RoomRule>> = {
  foundation: { layer: 0, imports: [] },
  proto: { layer: 0, imports: [] },
  spec: { layer: 1, imports: ["foundation"] },
  wire: { layer: 2, imports: ["foundation", "spec", "proto"] },
  host: { layer: 2, imports: ["foundation", "spec"] },
  config: { layer: 2, imports: ["foundation", "spec"] },
  store: { layer: 3, imports: ["foundation", "spec", "host"] },
  client: { layer: 3, imports: ["foundation", "spec", "proto", "wire", "host"] },
  grpc: { layer: 3, imports: ["foundation", "spec"] },
  doctor: { layer: 4, imports: ["foundation", "spec", "host", "store"] },
  metrics: { layer: 4, imports: ["foundation", "spec", "grpc"] },
  tracing: { layer: 4, imports: ["foundation", "spec", "grpc"] },
  image: { layer: 4, imports: ["foundation", "spec", "wire", "host", "store"] },
  network: { layer: 4, imports: ["foundation", "spec", "host", "store"] },
  runtime: { layer: 4, imports: ["foundation", "spec", "proto", "wire", "host", "store"] },
  pod: { layer: 5, imports: ["foundation", "spec", "wire", "host", "store", "doctor", "image", "network", "runtime"] },
  docker: { layer: 5, imports: ["foundation", "spec", "host", "store", "network"] },
  streaming: { layer: 6, imports: ["foundation", "spec", "wire", "host"] },
  cri: { layer: 6, imports: ["foundation", "spec", "proto", "grpc", "pod", "image"] },
  admin: { layer: 6, imports: ["foundation", "spec", "proto", "grpc", "store", "doctor", "image", "network", "pod"] },
  agent: { layer: 6, imports: ["foundation", "spec", "proto", "client"] },
  console: { layer: 6, imports: ["foundation", "spec", "client"] },
  daemon: {
    layer: 7,
    imports: [
      "foundation",
      "spec",
      "proto",
      "wire",
      "host",
      "config",
      "store",
      "client",
      "grpc",
      "doctor",
      "metrics",
      "tracing",
      "image",
      "network",
      "runtime",
      "pod",
      "docker",
      "streaming",
      "cri",
      "admin",
    ],
  },
  // The doctor looks at the machine alone where no crispd answers.
  cli: {
    layer: 7,
    imports: ["foundation", "spec", "proto", "config", "client", "doctor", "agent", "console", "conformance"],
  },
  // The black-box suite stands outside of src/: it sees what any CRI client sees.
  conformance: { layer: 6, imports: ["proto", "client"] },
};

/** Files outside of src/ that a room may import: what the project says of itself has one reader. */
export const projectFiles: Readonly<Record<string, readonly string[]>> = {
  "package.json": ["config"],
};

/** Rooms that may listen on a socket: the attack surface. */
const listeners = ["host", "streaming", "daemon", "console"];
/** The command line listens for as long as it forwards ports, and on nothing but TCP. */
const tcpListeners = [...listeners, "cli"];

/** Parts of Node that only some rooms may reach. What is not named here is free. */
export const guardedModules: Readonly<Record<string, readonly string[]>> = {
  "node:child_process": ["host"],
  "node:cluster": [],
  "node:dgram": [],
  "node:fs": ["host"],
  "node:fs/promises": ["host"],
  "node:inspector": [],
  "node:module": ["host"], // createRequire reaches everything
  "node:process": [], // the global has the lint rules about env and exit on it
  "node:sqlite": ["store"],
  "node:vm": [],
};

/** Single names of modules that only some rooms may import; other rooms must import by name, never the whole module. */
export const guardedNames: Readonly<
  Record<string, { readonly names: readonly string[]; readonly rooms: readonly string[] }>
> = {
  "node:net": { names: ["createServer", "Server"], rooms: tcpListeners },
  "node:tls": { names: ["createServer", "Server"], rooms: listeners },
  "node:http": { names: ["createServer", "Server"], rooms: listeners },
  "node:https": { names: ["createServer", "Server"], rooms: listeners },
  "node:http2": { names: ["createServer", "createSecureServer"], rooms: listeners },
  // grpc serves connections that the daemon accepted: its server is never bound to an address.
  "@grpc/grpc-js": { names: ["Server"], rooms: [...listeners, "grpc"] },
};

/** Packages and the rooms that may import them. A package that is not named here may not be imported at all. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  "@bufbuild/protobuf": ["spec", "wire", "client", "grpc", "runtime", "cri", "admin", "agent", "daemon", "cli"],
  "@grpc/grpc-js": ["client", "runtime", "grpc"],
  commander: ["cli"],
  koffi: ["host"],
  pino: ["daemon"],
  "prom-client": ["metrics"],
  "smol-toml": ["spec", "config"],
  yaml: ["spec", "agent", "cli"],
  zod: ["spec", "config"],
};

/** Names that say nothing: what would go there is a concept without a name. */
export const emptyNames: readonly string[] = ["util", "utils", "helper", "helpers", "common", "misc", "lib", "shared"];
