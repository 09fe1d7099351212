export { type ConfigChange, listChanges } from "./changes.ts";
export { type CommandLine, parseCommandLine } from "./command-line.ts";
export { readEnvironment } from "./environment.ts";
export { type FaultPlan, type PlannedFault, readFaultPlan } from "./fault-plan.ts";
export { type LoadOptions, loadConfig } from "./load.ts";
export { readProxyEnvironment } from "./proxy-environment.ts";
export { renderConfig, renderDefaultConfig, renderHelp } from "./render.ts";
export { runtimeFromTable, runtimeToTable } from "./runtime-table.ts";
export { readSupervision, type Supervision } from "./supervision.ts";
export type {
  Config,
  ConfigFiles,
  HostPort,
  LoadedConfig,
  OptionValue,
  RuntimeConfig,
  SocketPath,
  Source,
} from "./types.ts";
export { version } from "./version.ts";
