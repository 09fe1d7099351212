// canary src/image/listener.ts: image may not import createServer of node:http
import { createServer } from "node:http";

export const listen: unknown = createServer;
