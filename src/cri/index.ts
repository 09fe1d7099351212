export { containerConfigFromProto } from "./convert/container-config.ts";
export { sandboxConfigFromProto } from "./convert/sandbox-config.ts";
export { type CriDeps, serveCri } from "./services.ts";
