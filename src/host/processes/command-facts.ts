import { isSecretName, redacted } from "#foundation";
import { type CniResult, decodeCniResult } from "#spec";
import type { Command, RunResult } from "../types.ts";

/** Enough of each argument to know it again. */
const maxArgumentChars = 256;
const maxArguments = 48;
/** Programs print rule dumps and stack traces: what is kept is the end. */
const tailChars = 2_048;

/** What is told of a command when it begins: never its environment or its input, which may hold anything. */
export function factsOfCommand({ program, args, env }: Command): Readonly<Record<string, unknown>> {
  const argv = [program, ...redact(args.slice(0, maxArguments))];
  const cni = env?.["CNI_COMMAND"];
  return {
    argv: args.length > maxArguments ? [...argv, `… ${args.length - maxArguments} more`] : argv,
    ...(cni === undefined ? {} : { cni }),
  };
}

/** What is told of a command when it ended. What it printed is kept where it failed; of a network plugin, its result. */
export function factsOfResult(command: Command, result: RunResult): Readonly<Record<string, unknown>> {
  const { exitCode, signal, timedOut } = result;
  const stderr = tailOf(result.stderr);
  const hasFailed = exitCode !== 0 || timedOut;
  const stdout = hasFailed ? tailOf(result.stdout) : "";
  const added = command.env?.["CNI_COMMAND"] === "ADD" && !hasFailed ? summarize(result.stdout) : undefined;
  return {
    exitCode,
    ...(signal === undefined ? {} : { signal }),
    ...(timedOut ? { timedOut } : {}),
    ...(stderr === "" ? {} : { stderr }),
    ...(stdout === "" ? {} : { stdout }),
    ...(added === undefined ? {} : { result: added }),
  };
}

/** Hides what stands after a secret name and `=`, or as the argument after it. */
function redact(args: readonly string[]): readonly string[] {
  return args.map((argument, index) => {
    const [name = "", ...value] = argument.split("=");
    if (value.length > 0 && isSecretName(name)) return `${name}=${redacted}`;
    const before = args[index - 1] ?? "";
    if (before.startsWith("-") && !before.includes("=") && isSecretName(before)) return redacted;
    return argument.length <= maxArgumentChars ? argument : `${argument.slice(0, maxArgumentChars)}…`;
  });
}

function tailOf(output: Buffer): string {
  return output.toString("utf8").trim().slice(-tailChars);
}

/** Interfaces and addresses in a line; undefined for what is no result, which the caller refuses by itself. */
function summarize(stdout: Buffer): string | undefined {
  try {
    return textOf(decodeCniResult(stdout.toString("utf8")));
  } catch {
    // The room that asked for the result decodes it, too, and says what is wrong with it.
    return undefined;
  }
}

function textOf({ interfaces, ips }: CniResult): string {
  const inside = interfaces.filter(({ sandbox }) => sandbox !== undefined).map(({ name }) => name);
  return [...inside, ...ips.map(({ ip }) => ip)].join(" ");
}
