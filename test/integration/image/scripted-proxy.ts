import { createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A proxy in this process, the only one who knows where the hosts named "….test" are. */
export interface ScriptedProxy extends AsyncDisposable {
  /** "127.0.0.1:PORT" */
  readonly host: string;
  /** What it was asked for: "GET http://…" or "CONNECT host:port". */
  readonly requests: readonly string[];
  /** Proxy-Authorization of each request. */
  readonly authorizations: readonly (string | undefined)[];
  /** Status that it gives instead of a connection. */
  refusal: number | undefined;
  /** Whether it lets whoever comes wait. */
  isSilent: boolean;
}

/** Starts a proxy to the hosts of `places`: "r.test:443" to "127.0.0.1:PORT". */
export async function startScriptedProxy(places: Readonly<Record<string, string>>): Promise<ScriptedProxy> {
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const proxy = { refusal: undefined as number | undefined, isSilent: false };
  const note = (asked: IncomingMessage): void => {
    requests.push(`${asked.method} ${asked.url}`);
    authorizations.push(asked.headers["proxy-authorization"]);
  };
  const server = createServer((asked, response) => {
    note(asked);
    if (proxy.isSilent) return;
    if (proxy.refusal === undefined) forward(asked, response, places);
    else response.writeHead(proxy.refusal).end();
  });
  server.on("connect", (asked: IncomingMessage, client: Socket) => {
    note(asked);
    sockets.add(client);
    client.on("error", () => client.destroy());
    if (proxy.isSilent) return;
    const place = places[asked.url ?? ""];
    if (place === undefined || proxy.refusal !== undefined) {
      client.end(`HTTP/1.1 ${proxy.refusal ?? 502} No\r\n\r\n`);
      return;
    }
    const registry = connect(portOf(place), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connected\r\n\r\n");
      client.pipe(registry).pipe(client);
    });
    registry.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(proxy, {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function forward(asked: IncomingMessage, response: ServerResponse, places: Readonly<Record<string, string>>): void {
  const url = new URL(asked.url ?? "");
  const place = places[url.host];
  if (place === undefined) {
    response.writeHead(502).end();
    return;
  }
  const { method = "GET", headers } = asked;
  const options: RequestOptions = {
    method,
    headers,
    host: "127.0.0.1",
    port: portOf(place),
    path: url.pathname + url.search,
  };
  request(options, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  }).end();
}

function portOf(place: string): number {
  return Number(place.split(":")[1]);
}
