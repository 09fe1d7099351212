import type { Duplex } from "node:stream";
import { sendDatagram } from "./datagram.ts";
import { connectPackets } from "./packets.ts";
import { connectTcp } from "./tcp.ts";
import { receiveTerminal, type TerminalDeps } from "./terminal.ts";
import type { Sockets, TcpAddress, TcpOptions, TerminalReceiver } from "./types.ts";

/** Connections of this machine. */
export class LinuxSockets implements Sockets {
  readonly #deps: TerminalDeps;

  constructor(deps: TerminalDeps) {
    this.#deps = deps;
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
