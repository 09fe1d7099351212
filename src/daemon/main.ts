import {
  type Config,
  type ConfigFiles,
  loadConfig,
  parseCommandLine,
  readEnvironment,
  readFaultPlan,
  readSupervision,
  renderHelp,
  version,
} from "#config";
import { CallContexts, isFault, type Logger, messageOf } from "#foundation";
import { createLinuxHost, type Host } from "#host";
import { type Daemon, startDaemon } from "./compose.ts";
import { runConfigCommand } from "./config-command.ts";
import { createLogger } from "./logger.ts";
import { createReload } from "./reload.ts";
import { createNotifier } from "./supervision/notifier.ts";

/** Where programs without a path are looked for, whatever shell started the daemon. */
const programPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Exit code of a daemon that could not start, or not stop in order. */
const failure = 1;

async function main(argv: readonly string[]): Promise<void> {
  const isConfigCommand = argv[0] === "config";
  const ask = isConfigCommand ? "serve" : parseCommandLine(argv).ask;
  if (ask === "help") return print(renderHelp());
  if (ask === "version") return print(`crispd ${version}\n`);
  const host = await createLinuxHost({ path: programPath, adoptsOrphans: true });
  if (isConfigCommand) print(await runConfigCommand(argv.slice(1), configFilesOf(host)));
  else await serve(argv, host);
}

function print(text: string): void {
  process.stdout.write(text);
}

async function serve(argv: readonly string[], host: Host): Promise<void> {
  const load = async (): Promise<Config> => (await loadConfig({ argv }, configFilesOf(host))).config;
  const config = await load();
  const contexts = new CallContexts();
  const logger = createLogger(config.log.level, contexts);
  const supervision = readSupervision(readEnvironment(), process.pid);
  const notifier = createNotifier(supervision.notifySocket, { sockets: host.sockets, logger });
  const hangUps = holdHangUps();
  const faultPlan = readFaultPlan(readEnvironment(), config.root);
  const deps = { host, logger, contexts, version, supervision, notifier, load, faultPlan };
  const daemon = await startDaemon(config, deps);
  const apply = async (next: Config): ReturnType<Daemon["reload"]> => {
    const changes = await daemon.reload(next);
    logger.setLevel(next.log.level);
    return changes;
  };
  logger.info("serving", { listen: config.listen, version });
  notifier.ready();
  hangUps.answer(createReload({ notifier, logger, load, apply }));
  const signal = await firstSignal();
  logger.info("stopping", { signal });
  notifier.stopping();
  await stop(daemon, logger);
}

/** Notes a SIGHUP from now on, since it would end the process, and answers it once there is somebody who can. */
function holdHangUps(): { answer(reload: () => Promise<void>): void } {
  let hasCome = false;
  let reload = async (): Promise<void> => {
    hasCome = true;
  };
  process.on("SIGHUP", () => void reload());
  return {
    answer: (real) => {
      reload = real;
      if (hasCome) void real();
    },
  };
}

/** The first signal asks for an orderly end; a second one does not wait for it. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let wasAsked = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (wasAsked) process.exit(failure);
        wasAsked = true;
        resolve(signal);
      });
    }
  });
}

async function stop(daemon: Daemon, logger: Logger): Promise<void> {
  await daemon.close();
  logger.info("stopped");
}

function configFilesOf({ files }: Host): ConfigFiles {
  return {
    readText: async (path) => {
      try {
        return await files.readText(path);
      } catch (error) {
        if (isFault(error, "not-found")) return undefined;
        throw error;
      }
    },
    list: (path) => files.list(path),
  };
}

main(process.argv.slice(2)).then(
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`crispd: ${messageOf(error)}\n`);
    process.exit(failure);
  },
);
