import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import type { Telling } from "./tell.ts";

export interface Wanted {
  readonly protocol: "ttrpc" | "grpc";
  /** Where sockets are made. */
  readonly directory: string;
  /** What the containers of one machine have in common. */
  readonly group: string;
  readonly telling: Telling;
}

/** The socket of the shim of a group; one is started where there is none. */
export async function findOrStart({ protocol, directory, group, telling }: Wanted): Promise<string> {
  const name = createHash("sha256").update(group).digest("hex").slice(0, 16);
  const socketPath = path.join(directory, "m", name);
  if (await isServed(socketPath)) return socketPath;
  await mkdir(path.dirname(socketPath), { recursive: true });
  await rm(socketPath, { force: true });
  const [, main = ""] = process.argv;
  const words = [`--protocol=${protocol}`, `--tells-by=${telling.by}`, `--address=${telling.address}`];
  const shim = spawn(process.execPath, [main, ...words, `--publish-binary=${telling.program}`, "serve", socketPath], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  // It says a word when it listens; when it ends before, that is an end of the stream.
  await Promise.race([
    once(shim.stdout, "data"),
    once(shim.stdout, "end").then(() => Promise.reject(new Error("no shim"))),
  ]);
  shim.stdout.destroy();
  shim.unref();
  return socketPath;
}

async function isServed(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    return await new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}
