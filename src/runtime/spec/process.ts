import type { ContainerConfig } from "#spec";
import { noCommand } from "../faults.ts";
import type { ImageDefaults } from "./input.ts";
import { Origins } from "./origins.ts";

/**
 * What a container runs: a command replaces the image's entrypoint and drops its CMD; arguments alone replace CMD.
 *
 * @throws Fault `invalid` when nothing is left to run
 */
export function chooseArguments(
  container: ContainerConfig,
  image: ImageDefaults,
  origins: Origins = new Origins(),
): readonly string[] {
  const hasCommand = container.command.length > 0;
  const hasArgs = container.args.length > 0;
  const args = hasCommand
    ? [...container.command, ...container.args]
    : [...image.entrypoint, ...(hasArgs ? container.args : image.cmd)];
  if (args.length === 0 || args[0] === "") throw noCommand();
  if (hasCommand) origins.note("process.args", "request", hasArgs ? "command, args" : "command");
  else if (hasArgs) origins.note("process.args", "request", "args, after the image's ENTRYPOINT");
  else origins.note("process.args", "image", "ENTRYPOINT, CMD");
  return args;
}

/** Where it runs: the request's directory, else the image's, else "/". */
export function chooseWorkingDirectory(
  container: ContainerConfig,
  image: ImageDefaults,
  origins: Origins = new Origins(),
): string {
  const { workingDirectory } = container;
  if (workingDirectory !== "") origins.note("process.cwd", "request", "working_dir");
  else if (image.workingDirectory !== "") origins.note("process.cwd", "image", "WORKDIR");
  else origins.note("process.cwd", "crisp", "neither request nor image says one");
  const chosen = [workingDirectory, image.workingDirectory].find((path) => path !== "") ?? "/";
  // An image may say "app" and mean "/app": image builders accept it, runtimes do not.
  return chosen.startsWith("/") ? chosen : `/${chosen}`;
}
