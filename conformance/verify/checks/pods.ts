import { ContainerState, NamespaceMode, PodSandboxState } from "#proto/cri/v1/runtime_pb.js";
import type { Check } from "../check.ts";
import { expectSame, expectThat } from "../expect.ts";
import { idle } from "../workbench.ts";

/** The life of sandboxes, and what their containers share. */
export const podChecks: readonly Check[] = [
  {
    name: "pod: runs, and tells its handler, name and address",
    run: async (bench) => {
      const pod = await bench.runPod();
      const status = await bench.podStatus(pod);
      expectSame("its state", status.state, PodSandboxState.SANDBOX_READY);
      expectSame("its handler", status.runtimeHandler, bench.handler);
      expectSame("its name", status.metadata?.name, pod.name);
      expectThat((status.network?.ip ?? "") !== "", "it has no address");
    },
  },
  {
    name: "pod: stopping it ends its containers, and may be repeated; removing it leaves nothing",
    run: async (bench) => {
      const { pod, ...container } = await bench.startAlone(idle);
      const { client } = bench;
      await client.stopPodSandbox({ podSandboxId: pod.id });
      await client.stopPodSandbox({ podSandboxId: pod.id });
      expectSame("its state", (await bench.podStatus(pod)).state, PodSandboxState.SANDBOX_NOTREADY);
      expectSame(
        "its container's state",
        (await bench.containerStatus(container)).state,
        ContainerState.CONTAINER_EXITED,
      );
      await client.removePodSandbox({ podSandboxId: pod.id });
      await client.removePodSandbox({ podSandboxId: pod.id });
      const { items } = await client.listPodSandbox({ filter: { id: pod.id } });
      const { containers } = await client.listContainers({ filter: { podSandboxId: pod.id } });
      expectSame("what is listed of it", items.length + containers.length, 0);
    },
  },
  {
    name: "pod: its containers have one network, hostname and IPC",
    run: async (bench) => {
      const pod = await bench.runPod();
      const [one, two] = [
        await bench.startShell(pod, idle, { name: "one" }),
        await bench.startShell(pod, idle, { name: "two" }),
      ];
      const look = ["/bin/sh", "-c", "hostname; cat /proc/net/dev | grep -c :"];
      const [seen, other] = [await bench.execSync(one, look), await bench.execSync(two, look)];
      expectSame("what the second sees", other.stdout, seen.stdout);
      expectSame("the hostname", seen.stdout.split("\n")[0], "verify");
      await bench.execSync(one, ["/bin/sh", "-c", "echo shared > /dev/shm/file"]);
      expectSame("a file of /dev/shm", (await bench.execSync(two, ["cat", "/dev/shm/file"])).stdout, "shared\n");
    },
  },
  {
    name: "pod: its containers share a PID namespace when it asks for one",
    run: async (bench) => {
      const pod = await bench.runPod({ namespaces: { pid: NamespaceMode.POD } });
      await bench.startShell(pod, `: crisp-verify-mark; ${idle}`, { name: "seen" });
      const looking = await bench.startShell(pod, idle, { name: "looking" });
      const { stdout } = await bench.execSync(looking, ["/bin/sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]);
      expectThat(stdout.includes(": crisp-verify-mark"), "the processes of the other container are not seen");
    },
  },
  {
    name: "pod: its containers see its DNS configuration",
    run: async (bench) => {
      const pod = await bench.runPod({ dnsConfig: { servers: ["192.0.2.53"], searches: ["verify.test"] } });
      const container = await bench.startShell(pod, idle);
      const { stdout } = await bench.execSync(container, ["cat", "/etc/resolv.conf"]);
      expectThat(/^nameserver 192\.0\.2\.53$/m.test(stdout), `/etc/resolv.conf is ${JSON.stringify(stdout)}`);
      expectThat(/^search verify\.test$/m.test(stdout), `/etc/resolv.conf is ${JSON.stringify(stdout)}`);
    },
  },
];
