import { writeFile } from "node:fs/promises";
import path from "node:path";
import { type Child, startChild } from "./child.ts";
import { freeLoopbackPort, waitForPort } from "./loopback.ts";
import { directoryIn, type Workspace } from "./workspace.ts";

/** A registry of container images on loopback: Debian's docker-registry. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT`: the first part of a reference to one of its images. */
  readonly host: string;
  readonly url: string;
  pid(): number;
  /** Takes it down; what was pushed stays. */
  stop(): Promise<void>;
  /** Brings it up again on the same port. */
  start(): Promise<void>;
  logTail(lines?: number): string;
}

export interface RegistryOptions {
  /** Lives on when the process that started it ends. */
  readonly isDetached?: boolean;
}

/** Starts a registry that stores below the workspace; answers requests when this returns. */
export async function startRegistry(workspace: Workspace, options: RegistryOptions = {}): Promise<Registry> {
  const dir = await directoryIn(workspace, "registry");
  const port = await freeLoopbackPort();
  const host = `127.0.0.1:${port}`;
  const config = path.join(dir, "config.yml");
  await writeFile(config, configFor(host, path.join(dir, "data")));

  let child: Child | undefined;
  const start = async (): Promise<void> => {
    if (child?.hasEnded() === false) return;
    child = await startChild({
      command: "docker-registry",
      args: ["serve", config],
      logFile: path.join(dir, "registry.log"),
      ...options,
    });
    await waitForPort(port, child);
  };
  const stop = async (): Promise<void> => child?.stop();
  await start();
  return {
    host,
    url: `http://${host}`,
    pid: () => child?.pid ?? 0,
    start,
    stop,
    logTail: (lines) => child?.logTail(lines) ?? "",
    [Symbol.asyncDispose]: stop,
  };
}

function configFor(address: string, dataDir: string): string {
  return JSON.stringify({
    version: "0.1",
    log: { level: "warn", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: dataDir }, delete: { enabled: true } },
    http: { addr: address, secret: "not a secret: one process, loopback only" },
  });
}
