import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import {
  create,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Metadata, Server, ServerCredentials } from "@grpc/grpc-js";
import { Fault } from "#foundation";
import { Sandbox } from "#proto/containerd/sandbox/v1/sandbox_pb.js";
import { Task } from "#proto/containerd/task/v3/task_pb.js";
import { grpcCodeOfKind, toGrpcService } from "#spec";
import { TtrpcServer } from "#wire";
import { Sandboxes } from "./sandboxes.ts";
import { Tasks } from "./tasks.ts";
import { type Telling, tellOom } from "./tell.ts";

/** What a service does, by the names of its methods in code; what is left out is not implemented. */
export type Handlers<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]?: (
    request: MessageShape<Service["method"][Name]["input"]>,
  ) => Promise<MessageInitShape<Service["method"][Name]["output"]>>;
};

type AnyHandler = (request: unknown) => Promise<Record<string, unknown>>;

/** Serves one machine until it is not needed any more. */
export async function serve(protocol: "ttrpc" | "grpc", socketPath: string, telling: Telling): Promise<void> {
  let machine: ChildProcess | undefined;
  const boot = async (): Promise<number> => {
    machine ??= spawn("/bin/sleep", ["infinity"], { stdio: "ignore", detached: true });
    machine.once("exit", () => {
      tasks.killAll();
      sandboxes.machineEnded();
    });
    if (machine.pid === undefined) await once(machine, "spawn");
    return machine.pid ?? 0;
  };
  const halt = (): void => void machine?.kill("SIGKILL");
  const end = (): void => {
    halt();
    rmSync(socketPath, { force: true });
    // The answer to whoever asked goes out first.
    setImmediate(() => process.kill(process.pid, "SIGTERM"));
  };
  const sandboxes = new Sandboxes({ boot, halt, onShutdown: end, listPids: () => tasks.pids });
  const tasks = new Tasks({
    machinePid: () => machine?.pid ?? 0,
    onIdle: () => {
      if (!sandboxes.isControlled) end();
    },
    onOom: (id) => void tellOom(telling, id),
  });
  // Without a sandbox of its own, the first container has the machine started.
  await boot();
  const find = (service: string, method: string): Found | undefined =>
    lookUp(Task, tasks.handlers, service, method) ?? lookUp(Sandbox, sandboxes.handlers, service, method);
  await (protocol === "grpc" ? serveGrpc(socketPath, find) : serveTtrpc(socketPath, find));
  process.stdout.write("ready\n");
}

interface Found {
  readonly method: DescMethod;
  readonly handle: AnyHandler;
}

type Find = (service: string, method: string) => Found | undefined;

function lookUp<Service extends DescService>(
  desc: Service,
  handlers: Handlers<Service>,
  service: string,
  name: string,
): Found | undefined {
  const method = desc.methods.find((candidate) => candidate.name === name);
  if (service !== desc.typeName || method === undefined) return undefined;
  const handle = (handlers as unknown as Readonly<Record<string, AnyHandler>>)[method.localName];
  return handle === undefined ? undefined : { method, handle };
}

async function serveTtrpc(socketPath: string, find: Find): Promise<void> {
  const server = createServer((transport) => {
    new TtrpcServer(transport, {
      unary: async ({ service, method, payload }) => {
        const found = find(service, method);
        if (found === undefined) throw new Fault("unsupported", `${service}/${method}: not implemented`);
        const answer = await found.handle(fromBinary(found.method.input, payload));
        return toBinary(found.method.output, create(found.method.output, answer));
      },
    });
  });
  server.listen(socketPath);
  await once(server, "listening");
}

async function serveGrpc(socketPath: string, find: Find): Promise<void> {
  const server = new Server();
  for (const service of [Task, Sandbox]) {
    const names = Object.keys(service.method);
    server.addService(
      toGrpcService(service as typeof Task),
      Object.fromEntries(names.map((name) => [name, answering(service, name, find)])),
    );
  }
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

type Reply = (error: object | null, answer?: unknown) => void;

function answering(service: DescService, name: string, find: Find) {
  return (call: { readonly request: unknown }, reply: Reply): void => {
    const method = service.method[name];
    const found = method === undefined ? undefined : find(service.typeName, method.name);
    const answer =
      found === undefined
        ? Promise.reject(new Fault("unsupported", `${name}: not implemented`))
        : found.handle(call.request).then((fields) => create(found.method.output, fields));
    answer.then(
      (message) => reply(null, message),
      (error: unknown) => {
        const { kind, message } = Fault.from(error);
        reply({ code: grpcCodeOfKind[kind], details: message, metadata: new Metadata() });
      },
    );
  };
}
