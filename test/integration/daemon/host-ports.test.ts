import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { openPortForward } from "#client";
import { listHostPortTables } from "../../support/host-observe.ts";
import { freeLoopbackPort } from "../../support/loopback.ts";
import { refusalOf } from "../../support/refusal.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { runPod, sandboxStatus, startShell } from "./pod-acts.ts";

/** The bridge plugin switches it on for pods with an IPv6 address, and never off. */
const forwarding = "/proc/sys/net/ipv6/conf/all/forwarding";
const forwardingBefore = await readFile(forwarding, "utf8");
afterAll(() => writeFile(forwarding, forwardingBefore));

const daemon = useDaemon({ cniShape: { isDualStack: true, hasNoPortmap: true } });

const server = "echo page > /tmp/index.html; httpd -f -p 8080 -h /tmp";

async function publishedTables(): Promise<readonly string[]> {
  return (await listHostPortTables(daemon().workspace)).filter((name) => !name.endsWith("_guard"));
}

test("a pod of both families tells its IPv4 address first, and is reached at either", async () => {
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, server);

  const { network } = await sandboxStatus(daemon().client, pod.id);
  const additional = network?.additionalIps.map(({ ip }) => ip) ?? [];

  expect(network?.ip).toMatch(/^10\.\d+\.\d+\.\d+$/);
  expect(additional).toEqual([expect.stringMatching(/^fd00:c415:/)]);
  expect(await fetchPage(`http://${network?.ip}:8080/`)).toBe("page\n");
  expect(await fetchPage(`http://[${additional[0]}]:8080/`)).toBe("page\n");
});

test("a host port without a plugin for it leads to the pod, through a kill -9 of crispd, until the pod stops", async () => {
  const { client, crispd } = daemon();
  const hostPort = await freeLoopbackPort();
  const pod = await runPod(daemon(), { portMappings: [{ containerPort: 8080, hostPort }] });
  await startShell(daemon(), pod, server);
  const page = `http://127.0.0.1:${hostPort}/`;

  expect(await fetchPage(page)).toBe("page\n");
  await crispd.kill();
  expect(await fetchPage(page)).toBe("page\n");
  await crispd.start();
  expect(await fetchPage(page)).toBe("page\n");
  const second = { metadata: { name: "second", namespace: "default", uid: "second", attempt: 0 } };
  const wanted = { ...second, portMappings: [{ containerPort: 8080, hostPort, hostIp: "127.0.0.1" }] };
  const refusal = await refusalOf(runPod(daemon(), wanted));
  await client.stopPodSandbox({ podSandboxId: pod.id });

  expect(refusal.message).toContain(
    `port_mappings[0].host_port: tcp ${hostPort} of 127.0.0.1 leads to pod default/pod (sandbox ${pod.id})`,
  );
  expect(await publishedTables()).toEqual([]);
  await expect(fetch(page)).rejects.toThrow("fetch failed");
  await runPod(daemon(), wanted);
  expect(await publishedTables()).toHaveLength(1);
});

test("a host port of the node's IPv6 addresses leads to the pod", async () => {
  const hostPort = await freeLoopbackPort();
  const pod = await runPod(daemon(), { portMappings: [{ containerPort: 8080, hostPort, hostIp: "::" }] });
  await startShell(daemon(), pod, server);
  const { network } = await sandboxStatus(daemon().client, pod.id);
  const gateway = network?.additionalIps[0]?.ip.replace(/::.*$/, "::1");

  expect(await fetchPage(`http://[${gateway}]:${hostPort}/`)).toBe("page\n");
  await expect(fetch(`http://127.0.0.1:${hostPort}/`)).rejects.toThrow("fetch failed");
});

test("a port that no pod can have is refused by its field, before anything is made", async () => {
  const portMappings = [{ containerPort: 80, hostPort: 8080, hostIp: "node" }];

  const refusal = await refusalOf(runPod(daemon(), { portMappings }));

  expect(refusal.kind).toBe("invalid");
  expect(refusal.message).toContain("port_mappings[0].host_ip: node is no IP address");
});

test("port-forward finds a server that listens on the pod's IPv6 loopback alone", async () => {
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, "mkdir /tmp/w; echo six > /tmp/w/index.html; httpd -f -p '[::1]:8080' -h /tmp/w");
  const { url } = await daemon().client.portForward({ podSandboxId: pod.id, port: [8080] });
  const { signal } = new AbortController();
  const session = await openPortForward({ url, transport: "spdy", signal });

  const answer = await waitFor("an answer over the forwarded port", async () => {
    const connection = await session.connect(8080);
    connection.data.end("GET / HTTP/1.0\r\n\r\n");
    return (await text(connection.data)).includes("six") ? true : undefined;
  });

  session.close();
  expect(answer).toBe(true);
});

function fetchPage(url: string): Promise<string> {
  return waitFor(`an answer from ${url}`, async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    return response?.text();
  });
}
