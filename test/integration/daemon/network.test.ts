import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import { freeLoopbackPort } from "../../support/loopback.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { execSync, idle, runPod, sandboxStatus, startShell } from "./pod-acts.ts";

const daemon = useDaemon();

const server = "echo page > /tmp/index.html; httpd -f -p 8080 -h /tmp";

test("a pod's server is reached at the address that the first status tells", async () => {
  const pod = await runPod(daemon());
  const { network } = await sandboxStatus(daemon().client, pod.id);

  await startShell(daemon(), pod, server);

  expect(network?.ip.startsWith(daemon().workspace.subnet.slice(0, -"0/24".length))).toBe(true);
  expect(await fetchPage(`http://${network?.ip}:8080/`)).toBe("page\n");
});

test("two pods reach each other, and each has a loopback of its own", async () => {
  const { client } = daemon();
  const one = await runPod(daemon(), named("one"));
  const two = await runPod(daemon(), named("two"));
  // With gVisor a read of a socket that has nothing yet fails: this server reads nothing, and nc waits for what comes.
  await startShell(daemon(), one, "while :; do echo page | nc -l -p 8080; done");
  const caller = await startShell(daemon(), two, idle);
  const address = (await sandboxStatus(client, one.id)).network?.ip ?? "";

  const script = `until nc ${address} 8080 < /dev/null; do sleep 0.05; done`;
  expect((await execSync(client, caller, ["sh", "-c", script])).stdout).toBe("page\n");
  const own = await execSync(client, caller, ["sh", "-c", "nc 127.0.0.1 8080 < /dev/null"]);
  expect(own).toMatchObject({ exitCode: 1 });
  expect((await execSync(client, caller, ["ip", "-o", "addr", "show", "dev", "lo"])).stdout).toContain("127.0.0.1/8");
});

test("a host port leads to the pod", async () => {
  const hostPort = await freeLoopbackPort();
  const pod = await runPod(daemon(), { portMappings: [{ containerPort: 8080, hostPort }] });

  await startShell(daemon(), pod, server);

  const [address = ""] = addressesOfThisMachine();
  expect(await fetchPage(`http://${address}:${hostPort}/`)).toBe("page\n");
});

test("a pod on the host's network has no address of its own and sees the host's devices", async () => {
  const { client, workspace } = daemon();
  const pod = await runPod(daemon(), { namespaces: { network: NamespaceMode.NODE }, hostname: "" });
  const containerId = await startShell(daemon(), pod, idle);

  const status = await sandboxStatus(client, pod.id);
  const { stdout } = await execSync(client, containerId, ["ip", "-o", "link"]);

  expect(status.network?.ip ?? "").toBe("");
  expect(status.linux?.namespaces?.options?.network).toBe(NamespaceMode.NODE);
  expect(stdout).toContain(` ${workspace.bridge}: `);
});

test("a pod's resolv.conf is what its configuration says", async () => {
  const { client } = daemon();
  const dnsConfig = { servers: ["10.9.8.7"], searches: ["svc.cluster.local", "local"], options: ["ndots:5"] };
  const pod = await runPod(daemon(), { dnsConfig });
  const containerId = await startShell(daemon(), pod, idle);

  const { stdout } = await execSync(client, containerId, ["cat", "/etc/resolv.conf"]);

  expect(stdout.trim().split("\n")).toEqual(
    expect.arrayContaining(["search svc.cluster.local local", "nameserver 10.9.8.7", "options ndots:5"]),
  );
});

function named(name: string): { metadata: { name: string; namespace: string; uid: string } } {
  return { metadata: { name, namespace: "default", uid: name } };
}

function fetchPage(url: string): Promise<string> {
  return waitFor(`an answer from ${url}`, async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    return response?.text();
  });
}

function addressesOfThisMachine(): readonly string[] {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    name === daemon().workspace.bridge ? [] : (list ?? []),
  );
  return addresses.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
}
