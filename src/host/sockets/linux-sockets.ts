import type { Duplex, Readable, Writable } from "node:stream";
import { sendDatagram } from "./datagram.ts";
import { offerReader, offerWriter } from "./offered-pipe.ts";
import { connectPackets } from "./packets.ts";
import { connectStream, listenStream } from "./streams.ts";
import { connectTcp } from "./tcp.ts";
import { receiveTerminal, type TerminalDeps } from "./terminal.ts";
import type { OfferedPipe, Sockets, TcpAddress, TcpOptions, TerminalReceiver } from "./types.ts";

/** Connections of this machine. */
export class LinuxSockets implements Sockets {
  readonly #deps: TerminalDeps;

  constructor(deps: TerminalDeps) {
    this.#deps = deps;
  }

  connectStream(path: string): Promise<Duplex> {
    return connectStream(path);
  }

  listenStream(path: string, onConnection: (connection: Duplex) => void): Promise<{ close(): Promise<void> }> {
    return listenStream(this.#deps.native, path, onConnection);
  }

  offerReader(): OfferedPipe<Readable> {
    return offerReader(this.#deps.native);
  }

  offerWriter(): OfferedPipe<Writable> {
    return offerWriter(this.#deps.native);
  }

  connectPackets(path: string): Promise<Duplex> {
    return connectPackets(this.#deps.native, this.#deps.sockets, path);
  }

  connectTcp(address: TcpAddress, options: TcpOptions): Promise<Duplex> {
    return connectTcp(this.#deps.native, address, options);
  }

  sendDatagram(path: string, data: string): void {
    sendDatagram(this.#deps.native, path, data);
  }

  receiveTerminal(path: string): TerminalReceiver {
    return receiveTerminal(this.#deps, path);
  }
}
