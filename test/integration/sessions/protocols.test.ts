import { once } from "node:events";
import { request } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { openPortForward } from "#client";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import { SpdyConnection, spdyRequestHeaders } from "#wire";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "../daemon/daemon-fixture.ts";
import { idle, runPod, startShell } from "../daemon/pod-acts.ts";

const daemon = useDaemon();
const outputs = { tty: false, stdin: false, stdout: true, stderr: true };

async function startIdle(): Promise<string> {
  return startShell(daemon(), await runPod(daemon()), idle);
}

async function execUrl(containerId: string, script: string): Promise<string> {
  const { url } = await daemon().client.exec({ containerId, cmd: ["/bin/sh", "-c", script], ...outputs });
  return url;
}

/** A SPDY session whose client knows one sub-protocol only, as clients of that age did. */
async function dialSpdy(url: string, protocol: string): Promise<SpdyConnection> {
  const asking = request(url, { method: "POST", headers: spdyRequestHeaders([protocol]), agent: false }).end();
  const [response, socket] = (await once(asking, "upgrade")) as [{ headers: Record<string, string> }, Duplex];
  expect(response.headers["x-stream-protocol-version"]).toBe(protocol);
  return new SpdyConnection(socket, { role: "client", onClose: () => socket.destroy() });
}

test.each(["channel.k8s.io", "v2.channel.k8s.io", "v3.channel.k8s.io"])(
  "exec over SPDY with %s tells a failure as text, and success as silence",
  async (protocol) => {
    const containerId = await startIdle();
    const said: string[][] = [];
    for (const script of ["echo out; echo err >&2", "exit 7"]) {
      const connection = await dialSpdy(await execUrl(containerId, script), protocol);
      const streams: Duplex[] = [];
      for (const type of ["error", "stdout", "stderr"]) {
        streams.push(await connection.open(new Map([["streamtype", [type]]])));
      }
      said.push(await Promise.all(streams.map((stream) => text(stream))));
      connection.destroy();
    }

    expect(said).toEqual([
      ["", "out\n", "err\n"],
      [expect.stringContaining("7"), "", ""],
    ]);
  },
);

test.each(["base64.channel.k8s.io", "v4.base64.channel.k8s.io"])(
  "exec over a WebSocket with %s is text that every browser can send",
  async (protocol) => {
    const containerId = await startIdle();
    const url = await execUrl(containerId, "echo out; echo err >&2");
    const socket = new WebSocket(url.replace(/^http/, "ws"), [protocol]);
    const said = new Map<string, string>();
    socket.addEventListener("message", ({ data }: MessageEvent) => {
      if (typeof data !== "string") throw new Error("the server answered in binary messages");
      const channel = data.slice(0, 1);
      said.set(channel, (said.get(channel) ?? "") + Buffer.from(data.slice(1), "base64").toString());
    });

    await new Promise((resolve) => socket.addEventListener("close", resolve));

    expect([said.get("1"), said.get("2")]).toEqual(["out\n", "err\n"]);
  },
);

test.each([
  ["only on ::1", { network: NamespaceMode.POD }, "::1"],
  ["in a pod on the node's network", { network: NamespaceMode.NODE }, "127.0.0.1"],
] as const)("a server %s is reached by port-forward, also inside a WebSocket", async (_what, namespaces, address) => {
  const port = namespaces.network === NamespaceMode.NODE ? 17_171 : 7171;
  const pod = await runPod(daemon(), { namespaces });
  await startShell(daemon(), pod, `while :; do echo pong | nc -l -p ${port} ${address}; done`);
  const said: string[] = [];

  for (const transport of ["spdy", "websocket"] as const) {
    said.push(
      await waitFor("an answer", async () => {
        const { url } = await daemon().client.portForward({ podSandboxId: pod.id, port: [port] });
        const { signal } = new AbortController();
        const forward = await openPortForward({ url, transport, signal });
        const { data } = await forward.connect(port);
        const answer = await text(data).catch(() => "");
        forward.close();
        return answer === "" ? undefined : answer;
      }),
    );
  }

  expect(said).toEqual(["pong\n", "pong\n"]);
});
