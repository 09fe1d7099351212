import type { ContainerConfig } from "#spec";
import { noCommand } from "../faults.ts";
import type { ImageDefaults } from "./input.ts";

/**
 * What a container runs: a command replaces the image's entrypoint and drops its CMD; arguments alone replace CMD.
 *
 * @throws Fault `invalid` when nothing is left to run
 */
export function chooseArguments(container: ContainerConfig, image: ImageDefaults): readonly string[] {
  const args =
    container.command.length > 0
      ? [...container.command, ...container.args]
      : [...image.entrypoint, ...(container.args.length > 0 ? container.args : image.cmd)];
  if (args.length === 0 || args[0] === "") throw noCommand();
  return args;
}

/** Where it runs: the request's directory, else the image's, else "/". */
export function chooseWorkingDirectory(container: ContainerConfig, image: ImageDefaults): string {
  const chosen = [container.workingDirectory, image.workingDirectory].find((path) => path !== "") ?? "/";
  // An image may say "app" and mean "/app": image builders accept it, runtimes do not.
  return chosen.startsWith("/") ? chosen : `/${chosen}`;
}
