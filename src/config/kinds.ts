import path from "node:path";
import { areOverlayOptions, type OverlayOptions, overlayOptionWords, slicePath } from "#spec";
import type { HostPort, OptionValue, RlimitRange, SocketPath } from "./types.ts";

/** A value that a kind accepted; undefined stands for a refusal. */
export type Accepted<T> = { readonly value: T } | undefined;

/** What sort of value a setting takes: how it is read from TOML and from a flag's text, and how it is written. */
export interface Kind<T> {
  /** What help shows after a flag: DIR. */
  readonly placeholder: string;
  /** What a wrong value is told not to be: "an absolute path". */
  readonly expected: string;
  accept(value: unknown): Accepted<T>;
  /** Turns a flag's or variable's text to what `accept` takes. */
  fromText(text: string): unknown;
  /** The value as files write it. */
  toFile(value: T): OptionValue;
}

/** A sun_path of Linux holds 108 bytes, the last of which is the NUL. */
const longestSocketPathBytes = 107;

export const directory: Kind<string> = textKind("DIR", "an absolute path", isAbsolute);

/** A directory, or nothing: the daemon then chooses. */
export const directoryOrNone: Kind<string> = textKind(
  "DIR",
  "an absolute path or empty",
  (text) => text === "" || isAbsolute(text),
);

/** A file, or nothing. */
export const fileOrNone: Kind<string> = textKind(
  "FILE",
  "an absolute path or empty",
  (text) => text === "" || isAbsolute(text),
);

export const program: Kind<string> = textKind(
  "PROGRAM",
  "an absolute path or a program's name",
  (text) => isAbsolute(text) || /^[\w.+-]+$/.test(text),
);

export const handlerName: Kind<string> = textKind("NAME", "a name of letters, digits, '-', '_' and '.'", isHandlerName);

/** A path of cgroupfs, or a slice of systemd. */
export const cgroupParent: Kind<string> = textKind(
  "CGROUP",
  "an absolute cgroup path or the name of a slice",
  (text) =>
    (isAbsolute(text) || text.endsWith(".slice")) && slicePath(`${path.basename(text, ".slice")}.slice`) !== undefined,
);

export const directories: Kind<readonly string[]> = {
  placeholder: "DIR[,DIR]",
  expected: "a list of absolute paths",
  accept: (value) => (isArrayOf(value, isAbsoluteText) && value.length > 0 ? { value: [...value] } : undefined),
  fromText: (text) => text.split(","),
  toFile: (value) => value,
};

export const unixSocket: Kind<string> = {
  placeholder: "unix://PATH",
  expected: `unix:// and an absolute path of at most ${longestSocketPathBytes} bytes`,
  accept(value) {
    if (typeof value !== "string") return undefined;
    const socket = value.startsWith("unix://") ? value.slice("unix://".length) : value;
    return isAbsolute(socket) && Buffer.byteLength(socket) <= longestSocketPathBytes ? { value: socket } : undefined;
  },
  fromText: (text) => text,
  toFile: (value) => `unix://${value}`,
};

export const hostPort: Kind<HostPort> = {
  placeholder: "HOST:PORT",
  expected: "HOST:PORT, with an IPv6 address in brackets",
  accept(value) {
    const address = typeof value === "string" ? parseHostPort(value) : undefined;
    return address === undefined ? undefined : { value: address };
  },
  fromText: (text) => text,
  toFile: formatHostPort,
};

/** A place that only this machine reaches, or nothing: then nobody listens. */
export const localAddressOrNone: Kind<HostPort | SocketPath | undefined> = {
  placeholder: "HOST:PORT|unix://PATH",
  expected: `a loopback HOST:PORT or ${unixSocket.expected}, or empty`,
  accept(value) {
    if (value === "") return { value: undefined };
    const socket = typeof value === "string" && value.startsWith("unix://") ? unixSocket.accept(value) : undefined;
    if (socket !== undefined) return { value: { socketPath: socket.value } };
    const address = hostPort.accept(value);
    return address !== undefined && isLoopback(address.value.host) ? address : undefined;
  },
  fromText: (text) => text,
  toFile: (value) =>
    value === undefined ? "" : "socketPath" in value ? unixSocket.toFile(value.socketPath) : formatHostPort(value),
};

/** A URL without credentials, query and fragment, or nothing. */
export const httpUrlOrNone: Kind<string> = textKind(
  "URL",
  "an http or https URL without credentials and query, or empty",
  (text) => text === "" || isPlainHttpUrl(text),
);

export const flag: Kind<boolean> = {
  placeholder: "true|false",
  expected: "true or false",
  accept: (value) => (typeof value === "boolean" ? { value } : undefined),
  fromText: (text) => (text === "true" ? true : text === "false" ? false : text),
  toFile: (value) => value,
};

/** Options that only one runtime knows: passed on as they are. */
export const freeTable: Kind<{ readonly [name: string]: OptionValue }> = {
  placeholder: "TABLE",
  expected: "a table of strings, numbers, booleans and lists",
  accept: (value) => (isTable(value) && isOptionValue(value) ? { value } : undefined),
  fromText: (text) => text,
  toFile: (value) => value,
};

/** Names in which "*" stands for anything. */
export const patterns: Kind<readonly string[]> = {
  placeholder: "PATTERN[,PATTERN]",
  expected: "a list of names, with * for anything",
  accept: (value) => (isArrayOf(value, isFilledText) ? { value: [...value] } : undefined),
  fromText: (text) => text.split(","),
  toFile: (value) => value,
};

/** Texts by name. */
export const textTable: Kind<{ readonly [name: string]: string }> = {
  placeholder: "TABLE",
  expected: "a table of strings",
  accept: (value) => (isTable(value) && isTextTable(value) ? { value } : undefined),
  fromText: (text) => text,
  toFile: (value) => value,
};

/** How the root file systems of containers are mounted: `{ metacopy = "on" }`. */
export const overlayOptions: Kind<OverlayOptions> = {
  placeholder: "TABLE",
  expected: `a table of overlay options that go together: ${describeOverlayOptions()}`,
  accept: (value) => (isTable(value) && areOverlayOptions(value) ? { value } : undefined),
  fromText: (text) => text,
  toFile: (value) => value,
};

const rlimitNames: ReadonlySet<string> = new Set(
  "as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" "),
);
const unlimited = 2n ** 64n - 1n;

/** Limits of processes: `{ nofile = "1024:4096", core = "unlimited" }`. */
export const rlimits: Kind<{ readonly [name: string]: RlimitRange }> = {
  placeholder: "TABLE",
  expected: 'a table of limits such as nofile = "1024:4096" or core = "unlimited"',
  accept(value) {
    if (!isTable(value)) return undefined;
    const ranges = Object.entries(value).map(([name, text]) => [name, parseRange(name, text)] as const);
    if (ranges.some(([, range]) => range === undefined)) return undefined;
    return { value: Object.fromEntries(ranges) as Record<string, RlimitRange> };
  },
  fromText: (text) => text,
  toFile: (value) =>
    Object.fromEntries(
      Object.entries(value).map(([name, { soft, hard }]) => [name, `${formatLimit(soft)}:${formatLimit(hard)}`]),
    ),
};

/** One word of a few. */
export function oneOf<const Word extends string>(words: readonly Word[]): Kind<Word> {
  return {
    placeholder: words.join("|"),
    expected: `one of ${words.join(", ")}`,
    accept(value) {
      const word = words.find((candidate) => candidate === value);
      return word === undefined ? undefined : { value: word };
    },
    fromText: (text) => text,
    toFile: (value) => value,
  };
}

/** A whole number in a range. */
export function wholeNumber(least: number, most: number): Kind<number> {
  return {
    placeholder: "N",
    expected: `a whole number from ${least} to ${most}`,
    accept: (value) =>
      typeof value === "number" && Number.isInteger(value) && value >= least && value <= most ? { value } : undefined,
    fromText: (text) => (/^\d+$/.test(text) ? Number(text) : text),
    toFile: (value) => value,
  };
}

/** Whether a text can name a runtime handler. */
export function isHandlerName(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]*$/.test(text);
}

/** Whether an unknown value is a TOML table. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !(value instanceof Date) && !Array.isArray(value);
}

function textKind(placeholder: string, expected: string, isRight: (text: string) => boolean): Kind<string> {
  return {
    placeholder,
    expected,
    accept: (value) => (typeof value === "string" && isRight(value) ? { value } : undefined),
    fromText: (text) => text,
    toFile: (value) => value,
  };
}

function isAbsolute(text: string): boolean {
  return path.posix.isAbsolute(text) && !text.includes("\0") && !text.split("/").includes("..");
}

function isPlainHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.username === "" && url.password === "" && url.search === "" && url.hash === "";
  return isPlain && ["http:", "https:"].includes(url.protocol);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function isAbsoluteText(value: unknown): value is string {
  return typeof value === "string" && isAbsolute(value);
}

function isArrayOf<T>(value: unknown, isRight: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isRight);
}

function isOptionValue(value: unknown): value is OptionValue {
  if (Array.isArray(value)) return value.every(isOptionValue);
  if (isTable(value)) return Object.values(value).every(isOptionValue);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function parseHostPort(text: string): HostPort | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function describeOverlayOptions(): string {
  return Object.entries(overlayOptionWords)
    .map(([name, words]) => `${name} (${words.join(", ")})`)
    .join(", ");
}

function isFilledText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTextTable(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, string>> {
  return Object.values(value).every((text) => typeof text === "string");
}

/** One number stands for both limits. */
function parseRange(name: string, value: unknown): RlimitRange | undefined {
  if (!rlimitNames.has(name) || (typeof value !== "string" && typeof value !== "number")) return undefined;
  const [first = "", second = first, ...rest] = String(value).split(":");
  const [soft, hard] = [parseLimit(first), parseLimit(second)];
  return soft === undefined || hard === undefined || soft > hard || rest.length > 0 ? undefined : { soft, hard };
}

function parseLimit(text: string): bigint | undefined {
  if (text === "unlimited") return unlimited;
  return /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
}

function formatLimit(limit: bigint): string {
  return limit === unlimited ? "unlimited" : String(limit);
}
