import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * A server that tells each client the address that it sees it under, over TCP and UDP; and the client that asks.
 *
 *     peer-echo.ts serve PORT
 *     peer-echo.ts ask tcp|udp HOST PORT
 */
async function main([act, ...args]: readonly string[]): Promise<void> {
  if (act === "serve") await serve(Number(args[0]));
  else process.stdout.write(await ask(args[0] === "udp", args[1] ?? "", Number(args[2])));
}

async function serve(port: number): Promise<void> {
  const tcp = createServer((socket) => socket.end(plain(socket.remoteAddress))).listen(port, "::");
  const udp = createSocket("udp6");
  udp.on("message", (_, peer) => udp.send(plain(peer.address), peer.port, peer.address));
  await Promise.all([once(tcp, "listening"), once(udp.bind(port, "::"), "listening")]);
  process.stdout.write("ready");
}

async function ask(isUdp: boolean, host: string, port: number): Promise<string> {
  const signal = AbortSignal.timeout(5_000);
  if (!isUdp) {
    const socket = connect({ host, port, signal });
    const [answer] = (await once(socket, "data", { signal })) as readonly unknown[];
    return String(answer);
  }
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.send("?", port, host);
  const [answer] = (await once(socket, "message", { signal })) as readonly unknown[];
  socket.close();
  return String(answer);
}

/** IPv4 peers of an IPv6 socket are shown behind this prefix. */
function plain(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/, "");
}

await main(process.argv.slice(2));
