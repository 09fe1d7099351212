import { existsSync } from "node:fs";
import { run } from "./child.ts";

/** Whether systemd is the machine's first process, as sd_booted(3) tells; then it is asked for cgroups. */
export const hasSystemd: boolean = existsSync("/run/systemd/system");

export async function systemctl(...args: readonly string[]): Promise<string> {
  return (await run("systemctl", args)).trim();
}

/** Properties of a unit by name. */
export async function unitProperties(
  unit: string,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const shown = await systemctl("show", unit, `--property=${names.join(",")}`);
  return Object.fromEntries(
    shown.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

/** Ends a slice that systemd made for the first scope in it, and that it keeps. Missing is success. */
export async function stopSlice(path: string): Promise<void> {
  if (hasSystemd) await systemctl("stop", path.slice(path.lastIndexOf("/") + 1));
}
