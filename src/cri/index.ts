export { type CriDeps, serveCri } from "./services.ts";
