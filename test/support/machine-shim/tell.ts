import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { TaskOOMSchema } from "#proto/containerd/events/task_pb.js";
import { Events, ForwardRequestSchema } from "#proto/containerd/events/v1/events_pb.js";
import { TtrpcClient } from "#wire";

/** How a shim tells events. */
export interface Telling {
  readonly by: "socket" | "program";
  readonly address: string;
  readonly program: string;
}

const topic = "/tasks/oom";
const namespace = "k8s.io";
/** After how many seconds it is tried each time, as the libraries for shims do. */
const delays = [0, 1, 2, 3, 4, 5];

/** Tells that a container was killed for its memory. */
export async function tellOom(telling: Telling, containerId: string): Promise<void> {
  const event = create(AnySchema, {
    typeUrl: TaskOOMSchema.typeName,
    value: toBinary(TaskOOMSchema, create(TaskOOMSchema, { containerId })),
  });
  if (telling.by === "program") await runProgram(telling, event);
  else await forwardUntilHeard(telling, event);
}

async function runProgram({ address, program }: Telling, event: Any): Promise<void> {
  const words = ["--address", address, "publish", "--topic", topic, "--namespace", namespace];
  const child = spawn(program, words, { stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.end(toBinary(AnySchema, event));
  await once(child, "close");
}

async function forward({ address }: Telling, event: Any): Promise<void> {
  const socket = connect(address);
  await once(socket, "connect");
  const client = new TtrpcClient(socket);
  try {
    const request = create(ForwardRequestSchema, { envelope: { namespace, topic, event } });
    const payload = toBinary(ForwardRequestSchema, request);
    await client.call({ service: Events.typeName, method: Events.method.forward.name, payload });
  } finally {
    client.close();
  }
}

async function forwardUntilHeard(telling: Telling, event: Any): Promise<void> {
  for (const seconds of delays) {
    await pause(seconds * 1_000);
    const wasHeard = await forward(telling, event).then(
      () => true,
      () => false,
    );
    if (wasHeard) return;
  }
}
