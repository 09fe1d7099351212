import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, type TestOptions, test } from "vitest";
import { openPortForward, type StreamTransport } from "#client";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import { needing } from "../../support/needing.ts";
import type { Namespaces } from "../../support/pod-config.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "../daemon/daemon-fixture.ts";
import { createShell, execSync, idle, runPod, startShell } from "../daemon/pod-acts.ts";
import { connectWeb } from "./web-client.ts";

const daemon = useDaemon();
const { signal } = new AbortController();
const transports: readonly StreamTransport[] = ["spdy", "websocket"];
const ids = [{ hostId: 1_310_720, containerId: 0, length: 65_536 }];
const userns: Namespaces = { usernsOptions: { mode: NamespaceMode.POD, uids: ids, gids: ids } };
/** Pods that differ in who owns their namespaces. */
const kinds: readonly { readonly kind: string; readonly namespaces: Namespaces; readonly needs: TestOptions }[] = [
  { kind: "a plain pod", namespaces: {}, needs: {} },
  { kind: "a pod with a user namespace", namespaces: userns, needs: needing("have user namespaces") },
];
const all = { tty: false, stdin: true, stdout: true, stderr: true };

test("Exec gives a URL that works once", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle);
  const cmd = ["sh", "-c", "read x; echo out $x; echo err >&2; exit 3"];

  const { url } = await client.exec({ ...all, containerId, cmd });
  const web = await connectWeb(url);
  web.send(0, "word\n");
  await web.closed;

  expect([web.text(1), web.text(2)]).toEqual(["out word\n", "err\n"]);
  expect(JSON.parse(web.text(3))).toMatchObject({
    status: "Failure",
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: "3" }] },
  });
  await expect(connectWeb(url)).rejects.toThrow("no stream");
});

test(
  "Exec in a pod with a user namespace runs as its root, on a terminal that it owns",
  needing("have user namespaces"),
  async () => {
    const { client } = daemon();
    const pod = await runPod(daemon(), { namespaces: userns });
    const containerId = await startShell(daemon(), pod, idle, { namespaces: userns });
    const cmd = ["sh", "-c", "id -u; stat -c %u $(tty); [ -t 0 ] && echo terminal"];

    const { url } = await client.exec({ ...all, tty: true, stderr: false, containerId, cmd });
    const web = await connectWeb(url);
    await web.closed;

    expect(web.text(1)).toBe("0\r\n0\r\nterminal\r\n");
  },
);

test("a client of Exec that goes takes its process with it", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle);
  const { url } = await client.exec({ ...all, containerId, cmd: ["sh", "-c", "sleep 4321 & echo up; sleep 4321"] });
  const web = await connectWeb(url);
  await waitFor("the command to run", async () => web.text(1) === "up\n");

  web.close();

  const left = await waitFor("it to end", async () => {
    const { stdout } = await execSync(client, containerId, ["ps", "-o", "args"]);
    return stdout.includes("4321") ? undefined : stdout;
  });
  expect(left).not.toContain("4321");
});

describe.each(kinds)("$kind", ({ namespaces, needs }) => {
  test("Attach joins a container's streams, with stdin_once its input ends with the client", needs, async () => {
    const { client } = daemon();
    const pod = await runPod(daemon(), { namespaces });
    const containerId = await startShell(daemon(), pod, "cat; echo over", { namespaces, stdin: true, stdinOnce: true });

    const { url } = await client.attach({ ...all, containerId });
    const web = await connectWeb(url);
    web.send(0, "hello\n");
    web.send(255, "\0");
    await web.closed;

    expect(web.text(1)).toBe("hello\nover\n");
  });

  test("PortForward reaches a server that listens on 127.0.0.1", needs, async () => {
    const { client } = daemon();
    const pod = await runPod(daemon(), { namespaces });
    await startShell(daemon(), pod, "while :; do echo pong | nc -l -p 7171 127.0.0.1; done", { namespaces });

    const said = await waitFor("an answer", async () => {
      const { url } = await client.portForward({ podSandboxId: pod.id, port: [7171] });
      const web = await connectWeb(url, "v4.channel.k8s.io");
      await waitFor("an answer or its failure", async () => web.text(0).length > 2 || web.text(1).length > 2);
      web.close();
      return web.text(0).includes("pong") ? web.text(0) : undefined;
    });

    expect(said).toContain("pong\n");
  });
});

test.each(transports)("the end of a client's direction reaches a forwarded server, over %s", async (transport) => {
  const { client } = daemon();
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, "nc -ll -p 7272 -e wc -c");
  const { url } = await client.portForward({ podSandboxId: pod.id, port: [7272] });
  const forward = await openPortForward({ url, transport, signal });

  const answer = await waitFor("the server", async () => {
    const { data, outcome } = await forward.connect(7272);
    data.end(Buffer.alloc(1_000_000, "x"));
    const said = await text(data).catch(() => "");
    const hasServed = await outcome.then(
      () => true,
      () => false, // nobody listens yet
    );
    return hasServed ? said : undefined;
  });
  forward.close();

  expect(answer).toBe("1000000\n");
});

test("PortForward into a pod on the node's network reaches the node's ports", async () => {
  const { client } = daemon();
  const server = createServer((peer) => peer.end("from the node"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const pod = await runPod(daemon(), { namespaces: { network: NamespaceMode.NODE } });

  const { url } = await client.portForward({ podSandboxId: pod.id, port: [port] });
  const web = await connectWeb(url, "v4.channel.k8s.io");
  await waitFor("the answer", async () => web.text(0).includes("from the node"));
  web.close();
  server.close();

  expect(web.text(0)).toContain("from the node");
});

test.each([
  ["without any stream", { stdin: false, stdout: false, stderr: false }],
  ["with a terminal and standard error", { tty: true }],
])("Exec and Attach %s are refused", async (_what, changes) => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon()), idle);
  const request = { ...all, ...changes, containerId };

  await expect(client.exec({ ...request, cmd: ["true"] })).rejects.toMatchObject({ kind: "invalid" });
  await expect(client.attach(request)).rejects.toMatchObject({ kind: "invalid" });
});

test("Exec, Attach and PortForward without an id are refused", async () => {
  const { client } = daemon();

  await expect(client.exec({ ...all, cmd: ["true"] })).rejects.toMatchObject({ kind: "invalid" });
  await expect(client.attach(all)).rejects.toMatchObject({ kind: "invalid" });
  await expect(client.portForward({})).rejects.toMatchObject({ kind: "invalid" });
});

test("Exec and Attach to a container that does not run are refused at once", async () => {
  const { client } = daemon();
  const containerId = await createShell(daemon(), await runPod(daemon()), idle);

  await expect(client.exec({ ...all, containerId, cmd: ["true"] })).rejects.toMatchObject({ kind: "wrong-state" });
  await expect(client.attach({ ...all, containerId })).rejects.toMatchObject({ kind: "wrong-state" });
});
