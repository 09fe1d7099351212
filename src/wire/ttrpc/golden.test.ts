import { readFile } from "node:fs/promises";
import { type Duplex, duplexPair } from "node:stream";
import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Fault } from "#foundation";
import { ConnectResponseSchema } from "#proto/containerd/task/v3/task_pb.js";
import { TtrpcClient } from "./client.ts";
import { TtrpcServer } from "./server.ts";

interface Golden {
  readonly exchange: readonly { readonly from: "client" | "server"; readonly hex: string }[];
}

const { exchange } = await readGolden();
const asked = exchange.filter(({ from }) => from === "client").map(({ hex }) => hex);
const answered = exchange.filter(({ from }) => from === "server").map(({ hex }) => hex);

async function readGolden(): Promise<Golden> {
  const text = await readFile(new URL("../../../test/golden/ttrpc-task.json", import.meta.url), "utf8");
  return JSON.parse(text) as Golden;
}

const service = "containerd.task.v2.Task";
const metadata = { "containerd-namespace-ttrpc": "k8s.io" };
const idOnly = Buffer.from("0a05676f6c6431", "hex");
const calls = [
  { service, method: "Connect", payload: idOnly, metadata, timeoutMs: 2_000 },
  { service, method: "State", payload: idOnly, metadata },
  { service, method: "NoSuch", payload: Buffer.alloc(0), metadata },
] as const;

function writeInPieces(peer: Duplex, hex: string, bytes: number): void {
  const whole = Buffer.from(hex, "hex");
  for (let at = 0; at < whole.length; at += bytes) peer.write(whole.subarray(at, at + bytes));
}

test.each([1, 7, 4_096])(
  "a real shim understands what is asked, and is understood, in pieces of %d bytes",
  async (bytes) => {
    const [ours, peer] = duplexPair();
    const client = new TtrpcClient(ours);
    const said: string[] = [];
    peer.on("data", (piece: Buffer) => {
      said.push(piece.toString("hex"));
      writeInPieces(peer, answered[said.length - 1] ?? "", bytes);
    });

    const who = await client.call(calls[0]);
    const state = await client.call(calls[1]).catch((error: unknown) => error);
    const missing = await client.call(calls[2]).catch((error: unknown) => error);

    expect(said).toEqual(asked);
    expect(fromBinary(ConnectResponseSchema, who).shimPid).toBe(17_447);
    expect(state).toMatchObject({ kind: "not-found", message: "container not created: not found" });
    expect(missing).toMatchObject({ kind: "unsupported", message: "method NoSuch" });
  },
);

test.each([1, 7, 4_096])("our server answers as a real shim does, in pieces of %d bytes", async (bytes) => {
  const [ours, peer] = duplexPair();
  new TtrpcServer(ours, {
    unary: async ({ method }) => {
      if (method === "Connect") return Buffer.from("08a78801", "hex");
      if (method === "State") throw new Fault("not-found", "container not created: not found");
      throw new Fault("unsupported", `method ${method}`);
    },
  });
  const said: string[] = [];
  const all = Promise.withResolvers<void>();
  peer.on("data", (piece: Buffer) => {
    said.push(piece.toString("hex"));
    if (said.length === asked.length) all.resolve();
  });

  for (const hex of asked) {
    const before = said.length;
    writeInPieces(peer, hex, bytes);
    await expect.poll(() => said.length).toBe(before + 1);
  }
  await all.promise;

  expect(said).toEqual(answered);
});
