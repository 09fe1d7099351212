// canary src/image/whole-listener.ts: image must import node:net by name
import * as net from "node:net";

export const listen: unknown = net;
