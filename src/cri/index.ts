export { type CriDeps, type CriServer, createCriServer } from "./server.ts";
