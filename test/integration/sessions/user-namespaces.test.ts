import { expect, test } from "vitest";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import type { Namespaces } from "../../support/pod-config.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "../daemon/daemon-fixture.ts";
import { idle, runPod, startShell } from "../daemon/pod-acts.ts";
import { connectWeb } from "./web-client.ts";

const daemon = useDaemon();
const all = { tty: false, stdin: true, stdout: true, stderr: true };
const ids = [{ hostId: 1_310_720, containerId: 0, length: 65_536 }];
const namespaces: Namespaces = { usernsOptions: { mode: NamespaceMode.POD, uids: ids, gids: ids } };

test("Exec in a pod with a user namespace runs as its root, on a terminal that it owns", async () => {
  const { client } = daemon();
  const containerId = await startShell(daemon(), await runPod(daemon(), { namespaces }), idle, { namespaces });
  const cmd = ["sh", "-c", "id -u; stat -c %u $(tty); [ -t 0 ] && echo terminal"];

  const { url } = await client.exec({ ...all, tty: true, stderr: false, containerId, cmd });
  const web = await connectWeb(url);
  await web.closed;

  expect(web.text(1)).toBe("0\r\n0\r\nterminal\r\n");
});

test("Attach joins the streams of a container in a user namespace", async () => {
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

test("PortForward reaches a server in a network that a user namespace owns", async () => {
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
