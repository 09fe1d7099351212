import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { finished } from "node:stream/promises";
import type { Command } from "commander";
import { openPortForward, type PortForward, type StreamTransport } from "#client";
import { abortReason, Fault, messageOf } from "#foundation";
import type { OpenSession } from "../command.ts";
import { transportFlag } from "../interactive/transport-flag.ts";
import { resolvePodId } from "../resolve-id.ts";
import type { Session } from "../session.ts";
import { type ForwardedPort, parseForwardedPort } from "./ports.ts";

interface Flags {
  readonly address: string;
  readonly transport: StreamTransport;
}

/** `crisp port-forward` listens here and leads what connects into a pod. */
export function declarePortForward(command: Command, open: OpenSession): void {
  command
    .argument("<pod>", "id of the pod, or its unique beginning")
    .argument("<ports...>", "REMOTE, LOCAL:REMOTE, or :REMOTE for any free port here")
    .option("--address <address>", "where to listen", "127.0.0.1")
    .addOption(transportFlag());
  command.action(async (id: string, texts: string[], { address, transport }: Flags) => {
    const ports = texts.map(parseForwardedPort);
    const session = await open();
    const podSandboxId = await resolvePodId(session, id);
    const request = { podSandboxId, port: ports.map(({ remote }) => remote) };
    const { url } = await session.client.portForward(request, session.acting());
    const forward = await openPortForward({ url, transport, signal: session.signal });
    await serve(session, forward, { ports, address });
  });
}

interface Listening {
  readonly ports: readonly ForwardedPort[];
  readonly address: string;
}

/** Forwards until the session with the runtime ends, or the person presses Ctrl-C. */
async function serve(session: Session, forward: PortForward, { ports, address }: Listening): Promise<void> {
  const servers: Server[] = [];
  try {
    for (const port of ports) servers.push(await listen(session, forward, port, address));
    await Promise.race([forward.closed, abortReason(session.signal)]);
    throw new Fault("unavailable", "the runtime has ended the session");
  } finally {
    forward.close();
    for (const server of servers) server.close();
  }
}

async function listen(session: Session, forward: PortForward, port: ForwardedPort, address: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    lead(socket, forward, port.remote).catch((error: unknown) => {
      socket.destroy();
      session.terminal.say(`crisp: port ${port.remote}: ${messageOf(error)}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(Fault.within(`listen on ${address}:${port.local}`, error)));
    server.listen(port.local, address, resolve);
  });
  const { port: local } = server.address() as AddressInfo;
  await session.terminal.write(`Forwarding from ${address}:${local} -> ${port.remote}\n`);
  return server;
}

/** Leads one connection into the pod; either side may end its direction first. */
async function lead(socket: Socket, forward: PortForward, port: number): Promise<void> {
  socket.on("error", () => undefined); // seen below, where both sides are awaited
  const { data, outcome } = await forward.connect(port);
  socket.pipe(data);
  data.pipe(socket);
  try {
    await Promise.all([finished(data), finished(socket)]);
  } catch (error) {
    await outcome; // the server's own words say more than a stream that broke
    throw error;
  } finally {
    socket.destroy();
    data.destroy();
  }
}
