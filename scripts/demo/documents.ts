import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Workspace } from "../../test/support/workspace.ts";

/** Paths of the two files that the demo hands to `crisp runp` and `crisp create`. */
export interface Documents {
  readonly pod: string;
  readonly container: string;
}

export const webPort = 8080;

/** Writes what kubelet would send: a pod with a network of its own, and a container with a web server. */
export async function writeDocuments(workspace: Workspace, image: string): Promise<Documents> {
  const pod = path.join(workspace.dir, "pod.json");
  const container = path.join(workspace.dir, "container.json");
  await writeFile(pod, JSON.stringify(podDocument(workspace), null, 2));
  await writeFile(container, JSON.stringify(containerDocument(image), null, 2));
  return { pod, container };
}

/** Each container has its own process ids, as in a plain pod of Kubernetes; network and IPC are the pod's. */
const ownProcesses = { network: "POD", pid: "CONTAINER", ipc: "POD" };

/** What kubelet adds: lists show the pod's name by it. */
const labels = { "io.kubernetes.pod.name": "web", "io.kubernetes.pod.namespace": "default" };

function podDocument(workspace: Workspace): unknown {
  return {
    metadata: { name: "web", namespace: "default", uid: `demo-${workspace.id}`, attempt: 0 },
    hostname: "web",
    labels,
    log_directory: path.join(workspace.dir, "logs"),
    linux: { cgroup_parent: workspace.cgroupParent, security_context: { namespace_options: ownProcesses } },
  };
}

function containerDocument(image: string): unknown {
  return {
    metadata: { name: "httpd", attempt: 0 },
    image: { image },
    command: ["sh", "-c", `echo serving /www on port ${webPort}; exec httpd -f -v -p ${webPort} -h /www 2>&1`],
    labels,
    log_path: "httpd/0.log",
    linux: { security_context: { namespace_options: ownProcesses } },
  };
}
