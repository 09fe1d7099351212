export { pullFromProto } from "./image/pull-image.ts";
export { type CriDeps, serveCri } from "./services.ts";
