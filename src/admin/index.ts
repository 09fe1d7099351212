export { type AdminDeps, serveAdmin } from "./service.ts";
