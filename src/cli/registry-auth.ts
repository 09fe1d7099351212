import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Command } from "commander";
import type { AuthConfigSchema } from "#proto/cri/v1/runtime_pb.js";
import { parseDurationMs } from "./duration.ts";
import { misused } from "./faults.ts";
import type { Environment } from "./settings.ts";

export interface PullFlags {
  readonly creds?: string;
  readonly auth?: string;
  /** Milliseconds; 0: as long as it takes. */
  readonly pullTimeout?: number;
}

/** Declares the flags of every command that can pull. */
export function declarePullFlags(command: Command): void {
  command
    .option("--creds <user[:password]>", "credentials for the registry ($CRICTL_CREDS)")
    .option("--auth <base64>", "credentials for the registry, base64 of user:password ($CRICTL_AUTH)")
    .option(
      "--pull-timeout <duration>",
      "give the pull up after this time; 0: never ($CRICTL_PULL_TIMEOUT)",
      parseDurationMs,
    );
}

/** The flags, with the environment's values where the person gave none. */
export function withPullEnvironment(flags: PullFlags, environment: Environment): PullFlags {
  const { CRICTL_CREDS: creds, CRICTL_AUTH: auth, CRICTL_PULL_TIMEOUT: timeout } = environment;
  const hasCredentials = flags.creds !== undefined || flags.auth !== undefined;
  return {
    ...(hasCredentials || creds === undefined ? {} : { creds }),
    ...(hasCredentials || auth === undefined ? {} : { auth }),
    ...(timeout === undefined ? {} : { pullTimeout: parseDurationMs(timeout) }),
    ...flags,
  };
}

/**
 * The credentials that the flags mean; undefined when they give none.
 *
 * @throws Fault `invalid` when both kinds are given, or a user is missing
 */
export function toAuthConfig({ creds, auth }: PullFlags): MessageInitShape<typeof AuthConfigSchema> | undefined {
  if (creds !== undefined && auth !== undefined) throw misused("--creds and --auth exclude each other");
  if (auth !== undefined) return { auth };
  if (creds === undefined) return undefined;
  const colon = creds.indexOf(":");
  const username = colon < 0 ? creds : creds.slice(0, colon);
  if (username === "") throw misused("--creds: the user is missing; write it like user:password");
  return { username, password: colon < 0 ? "" : creds.slice(colon + 1) };
}
