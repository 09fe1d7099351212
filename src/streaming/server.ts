import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type Clock, Fault, isFault, type Logger, live } from "#foundation";
import type { Files } from "#host";
import { openListener } from "./listener.ts";
import { type NormalizedStreamingOptions, normalizeStreamingOptions, type StreamingOptions } from "./options.ts";
import { refuse } from "./reply.ts";
import { assertAttachRequest, assertExecRequest, assertPortForwardRequest, type StreamRequest } from "./requests.ts";
import { serveVisit } from "./serve-request.ts";
import type { SessionContext } from "./session-context.ts";
import { Tokens } from "./tokens.ts";
import type { StreamingServer, StreamTargets } from "./types.ts";

export interface StreamingDeps {
  readonly targets: StreamTargets;
  readonly files: Files;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Starts the streaming server: it listens when this resolves.
 *
 * @throws Fault when the address is taken, or a certificate cannot be used
 */
export async function createStreamingServer(options: StreamingOptions, deps: StreamingDeps): Promise<StreamingServer> {
  const normalized = live(() => normalizeStreamingOptions(options));
  const limits = live(() => ({ lifeMs: normalized.tokenLifeMs, max: normalized.maxTokens }));
  const tokens = new Tokens<StreamRequest>(limits, deps.clock);
  const sessions = new Sessions(normalized, deps, tokens);
  const listener = await openListener(normalized, deps, (request, socket, head) =>
    sessions.upgrade(request, socket, head),
  );
  const issue = (request: StreamRequest): string => `${listener.url}/${request.kind}/${tokens.issue(request)}`;
  return {
    execUrl(request) {
      assertExecRequest(request);
      return issue({ kind: "exec", request });
    },
    attachUrl(request) {
      assertAttachRequest(request);
      return issue({ kind: "attach", request });
    },
    portForwardUrl(request) {
      assertPortForwardRequest(request);
      return issue({ kind: "portforward", request });
    },
    async close() {
      tokens.clear();
      const stopped = listener.close();
      await sessions.close();
      await stopped;
    },
  };
}

/** The clients that are served now. */
class Sessions {
  readonly #options: NormalizedStreamingOptions;
  readonly #deps: StreamingDeps;
  readonly #tokens: Tokens<StreamRequest>;
  readonly #running = new Map<Socket, Promise<void>>();

  constructor(options: NormalizedStreamingOptions, deps: StreamingDeps, tokens: Tokens<StreamRequest>) {
    this.#options = options;
    this.#deps = deps;
    this.#tokens = tokens;
  }

  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const url = new URL(request.url ?? "/", "http://crisp");
    const [, kind, token = ""] = url.pathname.split("/");
    const waiting = this.#tokens.redeem(token);
    if (waiting === undefined || waiting.kind !== kind) {
      refuse(socket, { status: 404, text: "this URL was never given out, was used, or is too old" });
      return;
    }
    if (head.length > 0) socket.unshift(head);
    const urlPorts = url.searchParams.getAll("port").flatMap((list) => list.split(",").map(Number));
    const session = this.#serve(waiting, { headers: request.headers, urlPorts, socket });
    this.#running.set(
      socket,
      session.finally(() => this.#running.delete(socket)),
    );
  }

  async close(): Promise<void> {
    const running = [...this.#running];
    for (const [socket] of running) socket.destroy();
    await Promise.all(running.map(([, session]) => session));
  }

  async #serve(
    request: StreamRequest,
    visit: {
      readonly headers: IncomingMessage["headers"];
      readonly urlPorts: readonly number[];
      readonly socket: Socket;
    },
  ): Promise<void> {
    const { socket } = visit;
    const { targets } = this.#deps;
    const logger = this.#deps.logger.child(factsOf(request));
    const context = this.#prepare(socket, logger);
    try {
      await serveVisit({ request, ...visit }, { targets, options: this.#options, context });
      logger.debug("stream ended");
    } catch (error) {
      socket.destroy();
      // A client that goes is the usual end of many sessions.
      if (isFault(error, "canceled")) logger.debug("stream ended by its client", { error });
      else logger.warn("stream broke", { error: Fault.from(error) });
    }
  }

  #prepare(socket: Socket, logger: Logger): SessionContext {
    const { idleTimeoutMs, lingerMs, heartbeatMs, creationTimeoutMs, maxPorts } = this.#options;
    socket.setNoDelay(true);
    socket.setTimeout(idleTimeoutMs, () => socket.destroy());
    socket.once("finish", () => {
      const timer = setTimeout(() => socket.destroy(), lingerMs);
      socket.once("close", () => clearTimeout(timer));
    });
    return {
      creationTimeoutMs,
      maxPorts,
      spdyLimits: { streams: this.#options.maxStreams, headerBytes: this.#options.maxHeaderBytes },
      logger,
      onHeartbeat: (beat) => {
        // The end of a client that we do not read from shows only when something is sent to it.
        const timer = setInterval(() => (socket.isPaused() ? beat() : undefined), heartbeatMs);
        socket.once("close", () => clearInterval(timer));
      },
    };
  }
}

function factsOf({ kind, request }: StreamRequest): Readonly<Record<string, unknown>> {
  return "sandboxId" in request
    ? { stream: kind, sandboxId: request.sandboxId }
    : { stream: kind, containerId: request.containerId };
}
