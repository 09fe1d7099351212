import type { CrictlConfig } from "./crictl-config.ts";

export const defaultEndpoint = "unix:///run/crisp/crisp.sock";
export const defaultConfigPath = "/etc/crictl.yaml";
const defaultTimeoutMs = 2_000;

/** The flags that stand before the command. */
export interface GlobalFlags {
  readonly config?: string;
  readonly runtimeEndpoint?: string;
  readonly imageEndpoint?: string;
  /** Milliseconds; zero means the default, as in crictl. */
  readonly timeout?: number;
  readonly debug?: boolean;
}

/** The environment's variables, as `config/` reads them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command needs to know before it begins. */
export interface Settings {
  readonly runtimeEndpoint: string;
  readonly imageEndpoint: string;
  /** Deadline of connecting and of reading. Acts that work for the user have their own. */
  readonly timeoutMs: number;
  readonly isDebug: boolean;
  readonly pullsOnCreate: boolean;
}

/** Which file to read settings from, and whether somebody asked for it, so that it must exist. */
export function configPathOf(flags: GlobalFlags, environment: Environment): { path: string; isAskedFor: boolean } {
  const path = flags.config ?? nonEmpty(environment["CRI_CONFIG_FILE"]);
  return { path: path ?? defaultConfigPath, isAskedFor: path !== undefined };
}

/** Flags win over the environment, and that over the file. */
export function resolveSettings(flags: GlobalFlags, environment: Environment, file: CrictlConfig): Settings {
  const runtimeEndpoint =
    flags.runtimeEndpoint ??
    nonEmpty(environment["CONTAINER_RUNTIME_ENDPOINT"]) ??
    nonEmpty(file.runtimeEndpoint) ??
    defaultEndpoint;
  return {
    runtimeEndpoint,
    imageEndpoint:
      flags.imageEndpoint ??
      nonEmpty(environment["IMAGE_SERVICE_ENDPOINT"]) ??
      nonEmpty(file.imageEndpoint) ??
      runtimeEndpoint,
    timeoutMs: positive(flags.timeout) ?? positive(file.timeoutMs) ?? defaultTimeoutMs,
    isDebug: flags.debug ?? file.isDebug ?? false,
    pullsOnCreate: file.pullsOnCreate ?? false,
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function positive(ms: number | undefined): number | undefined {
  return ms !== undefined && ms > 0 ? ms : undefined;
}
