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
  /** PEM; it then speaks TLS only. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Lines of NAME:BCRYPT: those who may use it; anybody when absent. */
  readonly htpasswd?: string;
}

/** Starts a registry that stores below the workspace; answers requests when this returns. */
export async function startRegistry(workspace: Workspace, options: RegistryOptions = {}): Promise<Registry> {
  const dir = await directoryIn(workspace, "registry");
  const port = await freeLoopbackPort();
  const host = `127.0.0.1:${port}`;
  const config = path.join(dir, "config.yml");
  await writeFile(config, await configFor(host, dir, options));

  let child: Child | undefined;
  const start = async (): Promise<void> => {
    if (child?.hasEnded() === false) return;
    child = await startChild({
      command: "docker-registry",
      args: ["serve", config],
      logFile: path.join(dir, "registry.log"),
      isDetached: options.isDetached ?? false,
    });
    await waitForPort(port, child);
  };
  const stop = async (): Promise<void> => child?.stop();
  await start();
  return {
    host,
    url: `${options.tls === undefined ? "http" : "https"}://${host}`,
    pid: () => child?.pid ?? 0,
    start,
    stop,
    logTail: (lines) => child?.logTail(lines) ?? "",
    [Symbol.asyncDispose]: stop,
  };
}

async function configFor(address: string, dir: string, { tls, htpasswd }: RegistryOptions): Promise<string> {
  const [key, certificate, accounts] = ["key.pem", "cert.pem", "htpasswd"].map((name) => path.join(dir, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(key, tls?.key ?? "");
  await writeFile(certificate, tls?.cert ?? "");
  await writeFile(accounts, htpasswd ?? "");
  return JSON.stringify({
    version: "0.1",
    log: { level: "warn", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: path.join(dir, "data") }, delete: { enabled: true } },
    http: {
      addr: address,
      secret: "not a secret: one process, loopback only",
      ...(tls === undefined ? {} : { tls: { certificate, key } }),
    },
    ...(htpasswd === undefined ? {} : { auth: { htpasswd: { realm: "crisp test", path: accounts } } }),
  });
}
