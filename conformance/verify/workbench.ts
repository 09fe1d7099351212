import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { type CriClient, openRemoteProcess, type RemoteProcess, readContainerLog } from "#client";
import {
  type ContainerConfigSchema,
  ContainerState,
  type ContainerStatus,
  type LinuxContainerResourcesSchema,
  type LinuxContainerSecurityContextSchema,
  NamespaceMode,
  type PodSandboxConfigSchema,
  type PodSandboxStatus,
} from "#proto/cri/v1/runtime_pb.js";
import { expectThat } from "./expect.ts";
import { waitFor } from "./wait-for.ts";

export interface WorkbenchOptions {
  readonly client: CriClient;
  /** Empty: the server's default. */
  readonly handler: string;
  /** An image with /bin/sh and the usual tools. */
  readonly image: string;
  /** Empty: the server's own. */
  readonly cgroupParent: string;
  /** Directory for logs and volumes, of this run's own. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

type SandboxConfig = MessageInitShape<typeof PodSandboxConfigSchema>;
type Init<Desc extends DescMessage> = Omit<MessageInitShape<Desc>, "$typeName" | "$unknown">;

interface Namespaces {
  readonly network?: NamespaceMode;
  readonly pid?: NamespaceMode;
}

/** What a check wants of its pod. */
export type PodChanges = Pick<Init<typeof PodSandboxConfigSchema>, "hostname" | "dnsConfig"> & {
  readonly namespaces?: Namespaces;
};

/** A sandbox that a check has made. */
export interface Pod {
  readonly id: string;
  readonly config: SandboxConfig;
  readonly name: string;
  readonly logDirectory: string;
  readonly namespaces: Namespaces;
}

/** A container that a check has made. */
export interface Container {
  readonly id: string;
  readonly logPath: string;
}

/** What a check wants of its container beside the script. */
export type ContainerChanges = Pick<
  Init<typeof ContainerConfigSchema>,
  "envs" | "workingDir" | "mounts" | "stdin" | "stdinOnce"
> & {
  readonly name?: string;
  readonly security?: Init<typeof LinuxContainerSecurityContextSchema>;
  readonly resources?: Init<typeof LinuxContainerResourcesSchema>;
};

export interface ExecOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A script that is ready when it has said so, and ends at once when it is told to. */
export const idle = "trap 'exit 0' TERM; echo ready; while :; do sleep 1000 & wait; done";

const patienceMs = 30_000;

/** What checks work with: pods and containers as kubelet asks for them, of the handler under test. */
export class Workbench {
  readonly client: CriClient;
  readonly handler: string;
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly #options: WorkbenchOptions;
  /** By them, and by nothing else, what is left is found at the end. */
  readonly #labels = { "crisp.verify/run": randomUUID() };

  constructor(options: WorkbenchOptions) {
    this.#options = options;
    this.client = options.client;
    this.handler = options.handler;
    this.directory = options.directory;
    this.signal = options.signal;
  }

  /** Makes the image be there. */
  async ensureImage(): Promise<void> {
    const { image: name } = this.#options;
    const { image } = await this.client.imageStatus({ image: { image: name } });
    if (image === undefined) await this.client.pullImage({ image: { image: name } }, { timeoutMs: 600_000 });
  }

  /** A sandbox's configuration, under a name that no other has. */
  async describePod({ namespaces = {}, ...changes }: PodChanges = {}): Promise<Omit<Pod, "id">> {
    const uid = randomUUID();
    const logDirectory = path.join(this.directory, "logs", uid);
    await mkdir(logDirectory, { recursive: true });
    const { cgroupParent } = this.#options;
    const name = `verify-${uid.slice(0, 8)}`;
    const modes = { pid: NamespaceMode.CONTAINER, ...namespaces };
    const config: SandboxConfig = {
      metadata: { name, namespace: "crisp-verify", uid, attempt: 0 },
      hostname: "verify",
      logDirectory,
      labels: this.#labels,
      ...changes,
      linux: { cgroupParent, securityContext: { namespaceOptions: modes } },
    };
    return { config, name, logDirectory, namespaces: modes };
  }

  async runPod(changes: PodChanges = {}): Promise<Pod> {
    const pod = await this.describePod(changes);
    const { podSandboxId } = await this.client.runPodSandbox({ config: pod.config, runtimeHandler: this.handler });
    return { ...pod, id: podSandboxId };
  }

  async createShell(pod: Pod, script: string, changes: ContainerChanges = {}): Promise<Container> {
    return await this.createContainer(pod, ["/bin/sh", "-c", script], changes);
  }

  async createContainer(pod: Pod, command: string[], changes: ContainerChanges = {}): Promise<Container> {
    const { name = "main", security = {}, resources = {}, ...others } = changes;
    await mkdir(path.join(pod.logDirectory, name), { recursive: true });
    const config: MessageInitShape<typeof ContainerConfigSchema> = {
      metadata: { name, attempt: 0 },
      image: { image: this.#options.image, userSpecifiedImage: this.#options.image },
      command,
      logPath: `${name}/0.log`,
      ...others,
      linux: { resources, securityContext: { namespaceOptions: pod.namespaces, ...security } },
    };
    const request = { podSandboxId: pod.id, config, sandboxConfig: pod.config };
    const { containerId } = await this.client.createContainer(request);
    return { id: containerId, logPath: path.join(pod.logDirectory, name, "0.log") };
  }

  async startShell(pod: Pod, script: string, changes: ContainerChanges = {}): Promise<Container> {
    const container = await this.createShell(pod, script, changes);
    await this.client.startContainer({ containerId: container.id });
    return container;
  }

  /** A pod of its own with a container that runs the script. */
  async startAlone(script: string, changes: ContainerChanges = {}): Promise<Container & { readonly pod: Pod }> {
    const pod = await this.runPod();
    return { ...(await this.startShell(pod, script, changes)), pod };
  }

  async containerStatus({ id }: Container): Promise<ContainerStatus> {
    const { status } = await this.client.containerStatus({ containerId: id });
    expectThat(status !== undefined, `container ${id} has no status`);
    return status;
  }

  async podStatus({ id }: Pod): Promise<PodSandboxStatus> {
    const { status } = await this.client.podSandboxStatus({ podSandboxId: id });
    expectThat(status !== undefined, `sandbox ${id} has no status`);
    return status;
  }

  /** The status of a container once it has ended. */
  async exited(container: Container): Promise<ContainerStatus> {
    return await this.waitFor("the end of the container", async () => {
      const status = await this.containerStatus(container);
      return status.state === ContainerState.CONTAINER_EXITED ? status : undefined;
    });
  }

  /** Waits until the container has written this line. */
  async hasWritten(container: Container, line: string): Promise<void> {
    await this.waitFor(`the line ${JSON.stringify(line)} in the log`, async () => {
      return (await this.readLog(container.logPath)).some(({ text }) => text === line) || undefined;
    });
  }

  /** The lines of a log, whole ones, with the stream that each came by. */
  async readLog(file: string): Promise<readonly { readonly stream: string; readonly text: string }[]> {
    const lines: { stream: string; text: string }[] = [];
    const begun = { stdout: "", stderr: "" };
    for await (const { stream, content, isPartial } of readContainerLog(file, {})) {
      begun[stream] += content.toString();
      if (isPartial) continue;
      lines.push({ stream, text: begun[stream] });
      begun[stream] = "";
    }
    return lines;
  }

  async execSync({ id }: Container, cmd: string[], timeout = 0n): Promise<ExecOutcome> {
    const answer = await this.client.execSync({ containerId: id, cmd, timeout });
    const { exitCode } = answer;
    return { exitCode, stdout: Buffer.from(answer.stdout).toString(), stderr: Buffer.from(answer.stderr).toString() };
  }

  /** A command in a container with all three streams. */
  async openExec({ id }: Container, cmd: string[]): Promise<RemoteProcess> {
    const wanted = { tty: false, stdin: true, stdout: true, stderr: true };
    const { url } = await this.client.exec({ containerId: id, cmd, ...wanted });
    return await openRemoteProcess({ url, transport: "spdy", ...wanted, signal: this.signal });
  }

  async waitFor<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    return await waitFor(what, ask, { timeoutMs: patienceMs, signal: this.signal });
  }

  /** Ends and removes every pod of this run. */
  async clear(): Promise<void> {
    const { items } = await this.client.listPodSandbox({ filter: { labelSelector: this.#labels } });
    for (const { id: podSandboxId } of items) {
      await this.client.stopPodSandbox({ podSandboxId });
      await this.client.removePodSandbox({ podSandboxId });
    }
  }
}
