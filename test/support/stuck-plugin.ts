import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { run } from "./child.ts";
import { type CniSetup, cniBinDir } from "./cni.ts";
import { waitFor } from "./wait-for.ts";
import { directoryIn, type Workspace } from "./workspace.ts";

/** A network whose last plugin never answers to ADD while the test wants it so. */
export interface StuckPlugin extends CniSetup, AsyncDisposable {
  /** From now on ADD hangs. */
  hang(): Promise<void>;
  /** Pid of the plugin that hangs, as soon as one does. */
  pid(): Promise<number>;
  /** Lets the plugin that hangs do its work after all, and those that come. */
  goOn(): Promise<void>;
  /** From now on ADD works. Ends the plugin that hangs. */
  release(): Promise<void>;
}

/** Writes a plugin named `stuck` and puts it at the end of a network's chain. */
export async function addStuckPlugin(workspace: Workspace, cni: CniSetup): Promise<StuckPlugin> {
  const ownBinDir = await directoryIn(workspace, "cni/bin");
  const [hangFile, pidFile, gate] = ["hang", "pid", "gate"].map((name) => path.join(ownBinDir, name)) as [
    string,
    string,
    string,
  ];
  await run("mkfifo", [gate]);
  await writeFile(path.join(ownBinDir, "stuck"), scriptOf({ hangFile, pidFile, gate }), { mode: 0o755 });
  const conflist = path.join(cni.confDir, "10-bridge.conflist");
  const network = JSON.parse(await readFile(conflist, "utf8")) as { plugins: unknown[] };
  network.plugins.push({ type: "stuck" });
  await writeFile(conflist, JSON.stringify(network));
  const forget = async (): Promise<void> => {
    for (const file of [hangFile, pidFile]) await rm(file, { force: true });
  };
  const release = async (): Promise<void> => {
    const pid = await readFile(pidFile, "utf8").catch(() => "");
    if (pid !== "") process.kill(Number(pid), "SIGKILL");
    await forget();
  };
  return {
    ...cni,
    ownBinDir,
    hang: () => writeFile(hangFile, ""),
    pid: () =>
      waitFor("the plugin to hang", async () => Number(await readFile(pidFile, "utf8").catch(() => "")) || undefined),
    goOn: async () => {
      await forget();
      await writeFile(gate, "go on\n");
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}

/** What does not hang is the work of a plugin that passes on what it is given. */
function scriptOf({ hangFile, pidFile, gate }: Record<"hangFile" | "pidFile" | "gate", string>): string {
  return `#!/bin/sh
if [ "$CNI_COMMAND" = ADD ] && [ -e "${hangFile}" ]; then
  echo "stuck on purpose" >&2
  echo $$ > "${pidFile}.new"
  mv "${pidFile}.new" "${pidFile}"
  read -r answer < "${gate}"
fi
exec ${cniBinDir}/tuning
`;
}
