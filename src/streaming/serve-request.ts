import type { Duplex } from "node:stream";
import { type RequestHeaders, WebSocketTunnel } from "#wire";
import { type Agreement, negotiate } from "./negotiate.ts";
import type { NormalizedStreamingOptions } from "./options.ts";
import { servePortForwardSpdy } from "./port-forward/spdy.ts";
import { servePortForwardWebSocket, tunnelProtocols, webSocketPortProtocols } from "./port-forward/websocket.ts";
import type { ProcessClient } from "./process/client.ts";
import { spdyProcessProtocols, webSocketProcessProtocols } from "./process/protocols.ts";
import { type ServeProcessOptions, serveProcess } from "./process/serve.ts";
import { acceptSpdyClient } from "./process/spdy-client.ts";
import { acceptWebSocketClient } from "./process/websocket-client.ts";
import { refuse } from "./reply.ts";
import { isPort, type StreamRequest } from "./requests.ts";
import type { SessionContext } from "./session-context.ts";
import type { StreamTargets } from "./types.ts";

/** A client that came with a valid token. */
export interface Visit {
  readonly request: StreamRequest;
  readonly headers: RequestHeaders;
  /** Ports named in the URL, which WebSocket clients may do. */
  readonly urlPorts: readonly number[];
  readonly socket: Duplex;
}

export interface ServeDeps {
  readonly targets: StreamTargets;
  readonly options: NormalizedStreamingOptions;
  readonly context: SessionContext;
}

const portForwardSpdy = "portforward.k8s.io";

/**
 * Serves one client from the answer to its request to the end of its session.
 *
 * @throws Fault when the session ends before its time
 */
export async function serveVisit(visit: Visit, deps: ServeDeps): Promise<void> {
  const agreement = negotiate(visit.headers, knownProtocols(visit.request));
  if (agreement.transport === "none") {
    refuse(visit.socket, agreement.refusal);
    return;
  }
  visit.socket.write(agreement.head);
  await (visit.request.kind === "portforward"
    ? servePortForward(visit, agreement, deps)
    : serveCommand(visit, agreement, deps));
}

function knownProtocols({ kind }: StreamRequest): Parameters<typeof negotiate>[1] {
  return kind === "portforward"
    ? { spdy: [portForwardSpdy], webSocket: [...tunnelProtocols, ...webSocketPortProtocols.keys()] }
    : { spdy: [...spdyProcessProtocols.keys()], webSocket: [...webSocketProcessProtocols.keys()] };
}

type Agreed = Exclude<Agreement, { transport: "none" }>;

async function serveCommand(visit: Visit, agreed: Agreed, { targets, options, context }: ServeDeps): Promise<void> {
  const { request } = visit;
  if (request.kind === "portforward") return;
  const whenStalled: ServeProcessOptions["whenStalled"] =
    request.kind === "exec" ? { kind: "wait" } : { kind: "drop", backlogBytes: options.attachBacklogBytes };
  const { client, hasStatusDocument } = await acceptClient(visit.socket, request.request, agreed, context);
  await serveProcess(client, {
    hasStatusDocument,
    whenStalled,
    tellsExitCode: request.kind === "exec",
    open: (signal) =>
      request.kind === "exec" ? targets.exec(request.request, { signal }) : targets.attach(request.request, { signal }),
  });
}

interface AcceptedClient {
  readonly client: ProcessClient;
  readonly hasStatusDocument: boolean;
}

async function acceptClient(
  socket: Duplex,
  wanted: Exclude<StreamRequest, { kind: "portforward" }>["request"],
  { transport, protocol }: Agreed,
  context: SessionContext,
): Promise<AcceptedClient> {
  const spdy = spdyProcessProtocols.get(protocol);
  const webSocket = webSocketProcessProtocols.get(protocol);
  if (transport === "spdy" && spdy !== undefined) {
    return { client: await acceptSpdyClient(socket, wanted, spdy, context), ...spdy };
  }
  if (webSocket === undefined) throw new Error(`protocol ${protocol} was agreed on and is not known`);
  return { client: acceptWebSocketClient(socket, wanted, webSocket, context), ...webSocket };
}

function servePortForward(visit: Visit, agreed: Agreed, { targets, options, context }: ServeDeps): Promise<void> {
  const { request, socket, urlPorts } = visit;
  if (request.kind !== "portforward") return Promise.resolve();
  const { sandboxId } = request.request;
  const connect = (port: number, signal: AbortSignal): Promise<Duplex> =>
    targets.portForward({ sandboxId, port }, { signal });
  if (agreed.transport === "spdy") return servePortForwardSpdy(socket, connect, context);
  const format = webSocketPortProtocols.get(agreed.protocol);
  if (format === undefined) return servePortForwardSpdy(new WebSocketTunnel(socket, "server"), connect, context);
  const asked = urlPorts.length > 0 ? urlPorts : request.request.ports;
  const ports = asked.filter(isPort).slice(0, options.maxPorts);
  return servePortForwardWebSocket(socket, { ports, format, connect }, context);
}
