import { readFileSync } from "node:fs";
import { duplexPair } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type ContainerId, type SandboxId, silentLogger } from "#foundation";
import { FakeProcess } from "./fake/fake-process.ts";
import { normalizeStreamingOptions } from "./options.ts";
import type { StreamRequest } from "./requests.ts";
import { serveVisit } from "./serve-request.ts";
import type { StreamTargets } from "./types.ts";

interface Golden {
  readonly exchange: readonly { readonly from: "client" | "server"; readonly hex: string }[];
}

const wanted = { tty: false, stdin: true, stdout: true, stderr: true };
const exec: StreamRequest = {
  kind: "exec",
  request: { containerId: "c" as ContainerId, command: ["sh"], ...wanted },
};
const portForward: StreamRequest = { kind: "portforward", request: { sandboxId: "s" as SandboxId, ports: [] } };
const spdy = { connection: "Upgrade", upgrade: "SPDY/3.1" };
const webSocket = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

/** Reads a line, writes to both outputs and ends with 7, as the recorded command did; a port gives back what it got. */
const targets: StreamTargets = {
  exec: () => {
    const played = new FakeProcess(wanted);
    let line = "";
    played.input.on("data", (bytes: Buffer) => {
      line += bytes.toString();
      if (!line.endsWith("\n")) return;
      played.output.write(`out ${line}`);
      played.errors.write("err\n");
      played.exit(7);
    });
    return Promise.resolve(played);
  },
  attach: () => Promise.reject(new Error("nothing is attached to here")),
  portForward: () => {
    const [near, far] = duplexPair();
    const parts = ["echo "];
    far.on("data", (bytes: Buffer) => void parts.push(bytes.toString()));
    far.on("end", () => far.end(parts.join("")));
    return Promise.resolve(near);
  },
};

const options = normalizeStreamingOptions({});
const context = {
  creationTimeoutMs: 30_000,
  maxPorts: 8,
  spdyLimits: {},
  logger: silentLogger,
  onHeartbeat: () => undefined,
};

const goldens = [
  ["spdy-exec", exec, { ...spdy, "x-stream-protocol-version": "v5.channel.k8s.io" }],
  ["spdy-port-forward", portForward, { ...spdy, "x-stream-protocol-version": "portforward.k8s.io" }],
  ["websocket-exec", exec, { ...webSocket, "sec-websocket-protocol": "v5.channel.k8s.io" }],
  ["tunnel-port-forward", portForward, { ...webSocket, "sec-websocket-protocol": "SPDY/3.1+portforward.k8s.io" }],
] as const;

test.each(goldens)(
  "what kubectl said gets the recorded answers, cut at every byte: %s",
  async (name, request, headers) => {
    const { bursts, answers } = readGolden(name);

    for (const [index, burst] of bursts.entries()) {
      for (let cut = 1; cut < burst.length; cut += 1) {
        const pieces = bursts.map((bytes, at) =>
          at === index ? [bytes.subarray(0, cut), bytes.subarray(cut)] : [bytes],
        );
        const answered = await replay(request, headers, pieces);

        expect(contentOf(answered), `burst ${index} cut at ${cut}`).toEqual(contentOf(answers));
      }
    }
  },
);

test.each(goldens)("what kubectl said gets the recorded answers, byte by byte: %s", async (name, request, headers) => {
  const { bursts, answers } = readGolden(name);
  const pieces = bursts.map((burst) => Array.from(burst, (byte) => Buffer.of(byte)));

  const answered = await replay(request, headers, pieces);

  expect(contentOf(answered)).toEqual(contentOf(answers));
  expect(contentOf(answers)).not.toEqual([]);
});

/** What the client said between two answers of the server is one burst. */
function readGolden(name: string): { readonly bursts: readonly Buffer[]; readonly answers: Buffer } {
  const path = new URL(`../../test/golden/${name}.json`, import.meta.url);
  const { exchange } = JSON.parse(readFileSync(path, "utf8")) as Golden;
  const bursts: Buffer[] = [];
  for (const [index, { from, hex }] of exchange.entries()) {
    if (from === "server") continue;
    const isNew = exchange[index - 1]?.from !== "client";
    const before = isNew ? Buffer.alloc(0) : (bursts.pop() ?? Buffer.alloc(0));
    bursts.push(Buffer.concat([before, Buffer.from(hex, "hex")]));
  }
  const answers = exchange.filter(({ from }) => from === "server").map(({ hex }) => Buffer.from(hex, "hex"));
  return { bursts, answers: Buffer.concat(answers) };
}

/** Plays the client's bursts to the server, each in pieces; returns what it answered after its head. */
async function replay(
  request: StreamRequest,
  headers: Readonly<Record<string, string>>,
  bursts: readonly (readonly Buffer[])[],
): Promise<Buffer> {
  const [near, socket] = duplexPair();
  const answers: Buffer[] = [];
  near.on("data", (bytes: Buffer) => void answers.push(bytes));
  const served = serveVisit({ request, headers, urlPorts: [], socket }, { targets, options, context }).catch(
    () => undefined, // the client hangs up, which is how most sessions end
  );
  for (const pieces of bursts) {
    for (const piece of pieces) {
      near.write(Buffer.from(piece));
      await nextTurn();
    }
    await settle();
  }
  near.destroy();
  socket.destroy();
  await served;
  const all = Buffer.concat(answers);
  return all.subarray(all.indexOf("\r\n\r\n") + 4);
}

/** Lets everything that is ready happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 15; turn += 1) await nextTurn();
}

/** The texts in an answer that do not hang on order: streams overtake each other. */
function contentOf(answer: Buffer): readonly string[] {
  const texts = ["out hello\n", "err\n", '"reason":"ExitCode","message":"7"', "echo ping"];
  return texts.filter((text) => answer.includes(text));
}
