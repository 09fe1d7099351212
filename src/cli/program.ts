import { Command } from "commander";
import type { OpenSession } from "./command.ts";
import { commands } from "./commands.ts";
import { parseDurationMs } from "./duration.ts";
import { defaultConfigPath, defaultEndpoint, type GlobalFlags } from "./settings.ts";

export interface ProgramOptions {
  readonly version: string;
  /** Opens the session for these global flags. */
  readonly open: (flags: GlobalFlags) => ReturnType<OpenSession>;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/**
 * The command line of `crisp`: global flags before the command, the command's
 * own after it, because some letters (`-r`, `-t`, `-i`) mean different things.
 *
 * It never ends the process: help, misuse and failures are thrown to the caller.
 */
export function createProgram({ version, open, writeOut, writeError }: ProgramOptions): Command {
  const program = new Command("crisp")
    .description("Talks to a CRI container runtime, with crictl's commands and flags.")
    .version(version, "-v, --version", "print the version of this program")
    .option("-c, --config <file>", `client configuration ($CRI_CONFIG_FILE) (default: ${defaultConfigPath})`)
    .option(
      "-r, --runtime-endpoint <url>",
      `where the runtime listens ($CONTAINER_RUNTIME_ENDPOINT) (default: ${defaultEndpoint})`,
    )
    .option(
      "-i, --image-endpoint <url>",
      "where the image service listens ($IMAGE_SERVICE_ENDPOINT) (default: the runtime endpoint)",
    )
    .option(
      "-t, --timeout <duration>",
      "limit for connecting and for calls that only read (default: 2s)",
      parseDurationMs,
    )
    .option("-D, --debug", "say every call on standard error")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut,
      writeErr: writeError,
      outputError: (text, write) => write(text.replace(/^error: /, "crisp: ")),
    });
  for (const { name, aliases = [], summary } of commands) program.command(name).aliases(aliases).description(summary);
  program.hook("preSubcommand", async (_program, command) => {
    const entry = commands.find(({ name }) => name === command.name());
    (await entry?.load())?.(command, () => open(program.opts<GlobalFlags>()));
  });
  return program.helpCommand(false);
}

/** `help COMMAND` as `COMMAND --help`, so that the command is loaded before it explains itself. */
export function expandHelp(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  if (first !== "help" && first !== "h") return args;
  return [...rest, "--help"];
}
