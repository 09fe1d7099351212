import { text } from "node:stream/consumers";
import { openPortForward } from "#client";
import { NamespaceMode } from "#proto/cri/v1/runtime_pb.js";
import type { Check } from "../check.ts";
import { expectSame, expectThat } from "../expect.ts";
import type { Container, Pod, Workbench } from "../workbench.ts";

const port = 8_080;

/** What pods reach, and how they are reached. */
export const networkChecks: readonly Check[] = [
  {
    name: "network: a pod is reached from another one at the address that is told",
    run: async (bench) => {
      const { pod } = await serveGreeting(bench);
      const address = (await bench.podStatus(pod)).network?.ip ?? "";
      const { stdout } = await askFrom(bench, await bench.startAlone("sleep 1000"), address);
      expectSame("the answer", stdout, "hello\n");
    },
  },
  {
    name: "network: containers of a pod reach each other at localhost",
    run: async (bench) => {
      const { pod } = await serveGreeting(bench);
      const asking = await bench.startShell(pod, "sleep 1000", { name: "asking" });
      expectSame("the answer", (await askFrom(bench, asking, "127.0.0.1")).stdout, "hello\n");
    },
  },
  {
    name: "network: a port of a pod is forwarded",
    run: async (bench) => {
      const { pod } = await serveGreeting(bench);
      const { url } = await bench.client.portForward({ podSandboxId: pod.id, port: [port] });
      const forward = await openPortForward({ url, transport: "spdy", signal: bench.signal });
      try {
        const { data } = await forward.connect(port);
        expectSame("the answer", await text(data), "hello\n");
      } finally {
        forward.close();
      }
    },
  },
  {
    name: "network: a pod on the node's network has the node's interfaces",
    run: async (bench) => {
      const pod = await bench.runPod({ hostname: "", namespaces: { network: NamespaceMode.NODE } });
      const container = await bench.startShell(pod, "sleep 1000");
      const look = ["/bin/sh", "-c", "cat /proc/net/dev"];
      const other = await bench.startAlone("sleep 1000");
      const [node, own] = [await bench.execSync(container, look), await bench.execSync(other, look)];
      expectThat(interfacesIn(node.stdout) !== interfacesIn(own.stdout), "it has those of a pod");
      expectThat(interfacesIn(node.stdout).includes("lo"), "it has no loopback interface");
    },
  },
];

/** A pod with a server that greets whoever connects, once it listens. */
async function serveGreeting(bench: Workbench): Promise<{ readonly pod: Pod }> {
  const server = await bench.startAlone(`while :; do echo hello | nc -l -p ${port} -w 5; done`);
  const portHex = port.toString(16).toUpperCase().padStart(4, "0");
  await bench.waitFor("the server to listen", async () => {
    const { stdout } = await bench.execSync(server, ["/bin/sh", "-c", "cat /proc/net/tcp /proc/net/tcp6"]);
    return new RegExp(`:${portHex} 0+:0000 0A`).test(stdout) || undefined;
  });
  return server;
}

/** The server listens anew for each client: one that comes in between tries again. */
async function askFrom(bench: Workbench, container: Container, address: string): Promise<{ readonly stdout: string }> {
  return await bench.waitFor(`an answer from ${address}`, async () => {
    const outcome = await bench.execSync(container, ["/bin/sh", "-c", `nc -w 5 ${address} ${port} </dev/null`]);
    return outcome.stdout === "" ? undefined : outcome;
  });
}

function interfacesIn(text: string): string {
  return [...text.matchAll(/^\s*([^\s:|]+):/gm)].map(([, name]) => name).join(" ");
}
