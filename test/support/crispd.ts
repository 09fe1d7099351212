import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { CriClient } from "#client";
import { type Child, startChild, tailOf } from "./child.ts";
import { type CniSetup, type CniShape, cniBinDir, writeCniConfig } from "./cni.ts";
import { clientOf, waitForServer } from "./cri-server.ts";
import type { HostScope } from "./host-snapshot.ts";
import { handlerToml, handlerUnderTest } from "./test-handlers.ts";
import { directoryIn, type Workspace } from "./workspace.ts";

export const crispdPath: string = fileURLToPath(new URL("../../bin/crispd", import.meta.url));

export interface CrispdOptions {
  /** Distinguishes several daemons of one workspace; short. @default "crisp" */
  readonly name?: string;
  /** Network configuration; made when none is given. */
  readonly cni?: CniSetup;
  /** How the network is made that no configuration is given for. */
  readonly cniShape?: CniShape;
  /** TOML that goes into its configuration file. */
  readonly config?: string;
  /** @default "debug" */
  readonly logLevel?: string;
  /** What to wait for when it starts. @default "network" */
  readonly readiness?: "runtime" | "network";
  /** Lives on when the process that started it ends. */
  readonly isDetached?: boolean;
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A command that becomes `crispd ARGUMENTS`, which it is given, once it has prepared something. */
  readonly launcher?: readonly string[];
}

/** A crispd of a test, in directories of its own. */
export interface Crispd extends AsyncDisposable {
  readonly socketPath: string;
  readonly root: string;
  readonly state: string;
  /** Directory of `HOST/hosts.toml`. */
  readonly registryConfigDir: string;
  /** Directories of CDI files, the one that counts more last. */
  readonly cdiSpecDirs: readonly string[];
  readonly cni: CniSetup;
  readonly client: CriClient;
  /** What must be on the host again at the end as it was at the beginning. */
  readonly scope: HostScope;
  readonly logFile: string;
  readonly configFile: string;
  /** What `bin/crispd` was started with. */
  readonly args: readonly string[];
  pid(): number;
  /** @param environment added for this start alone */
  start(environment?: Readonly<Record<string, string>>): Promise<void>;
  /** SIGTERM; containers live on. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  logTail(lines?: number): string;
}

/** Starts `bin/crispd` in the workspace; ready when this returns. */
export async function startCrispd(workspace: Workspace, options: CrispdOptions = {}): Promise<Crispd> {
  const places = await placesIn(workspace, options);
  const args = argumentsFor(places, options);
  const client = clientOf(places.socketPath);
  let child: Child | undefined;
  const start: Crispd["start"] = async (environment) => {
    const [command, ...words] = [...(options.launcher ?? []), crispdPath, ...args] as [string, ...string[]];
    child = await startChild({
      command,
      args: words,
      logFile: places.logFile,
      isDetached: options.isDetached ?? false,
      environment: { ...options.environment, ...environment },
    });
    await waitForServer({ socketPath: places.socketPath, child }, options.readiness);
  };
  await start();
  const stop = async (): Promise<void> => child?.stop();
  return {
    ...places,
    args,
    client,
    scope: { ...workspace, leases: places.cni.leases, directories: [places.root, places.state] },
    pid: () => child?.pid ?? 0,
    start,
    stop,
    kill: async () => child?.kill(),
    logTail: (lines = 40) => tailOf(places.logFile, lines),
    async [Symbol.asyncDispose]() {
      client.close();
      await stop();
    },
  };
}

type Places = Pick<
  Crispd,
  "socketPath" | "root" | "state" | "registryConfigDir" | "cdiSpecDirs" | "cni" | "logFile" | "configFile"
>;

async function placesIn(workspace: Workspace, options: CrispdOptions): Promise<Places> {
  const dir = await directoryIn(workspace, options.name ?? "crisp");
  const configFile = path.join(dir, "config.toml");
  await writeFile(configFile, options.config ?? "");
  if (handlerUnderTest().name !== builtinHandler)
    await writeHandler(workspace, await directoryIn(workspace, path.join(options.name ?? "crisp", "conf.d")));
  return {
    root: path.join(dir, "root"),
    state: path.join(dir, "state"),
    socketPath: path.join(dir, "crisp.sock"),
    registryConfigDir: await directoryIn(workspace, path.join(options.name ?? "crisp", "certs.d")),
    cdiSpecDirs: [
      await directoryIn(workspace, path.join(options.name ?? "crisp", "cdi")),
      await directoryIn(workspace, path.join(options.name ?? "crisp", "cdi-more")),
    ],
    cni: options.cni ?? (await writeCniConfig(workspace, options.cniShape)),
    logFile: path.join(dir, "crispd.log"),
    configFile,
  };
}

/** What crispd has without any configuration. */
const builtinHandler = "runc";

/** The handler of all pods that name none is the one that the tests run with. */
async function writeHandler(workspace: Workspace, directory: string): Promise<void> {
  const text = await handlerToml(handlerUnderTest(), workspace.dir);
  await writeFile(path.join(directory, "50-handler.toml"), text);
}

function argumentsFor(places: Places, { logLevel = "debug" }: CrispdOptions): readonly string[] {
  return Object.entries({
    "--config": places.configFile,
    "--root": places.root,
    "--state": places.state,
    "--listen": `unix://${places.socketPath}`,
    "--stream-address": "127.0.0.1:0",
    "--cni-conf-dir": places.cni.confDir,
    "--cni-bin-dir": [...(places.cni.ownBinDir === undefined ? [] : [places.cni.ownBinDir]), cniBinDir].join(","),
    "--registry-config-dir": places.registryConfigDir,
    "--cdi-spec-dir": places.cdiSpecDirs.join(","),
    "--log-level": logLevel,
  }).flat();
}
