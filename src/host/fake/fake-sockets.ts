import { type Duplex, duplexPair, PassThrough, type Readable, type Writable } from "node:stream";
import { Fault } from "#foundation";
import type { TerminalSize } from "#spec";
import { hostFault } from "../faults.ts";
import type { OfferedPipe, Sockets, TcpAddress, TcpOptions, Terminal, TerminalReceiver } from "../sockets/types.ts";
import type { FakeActs } from "./fake-acts.ts";
import { failed } from "./fake-file-tree.ts";

/** What happens on the other side of a connection. */
export type FakeService = (peer: Duplex) => void;

/** A terminal in memory: what its process would see. */
export interface FakeTerminal extends Terminal {
  /** The inner end. */
  readonly inner: Duplex;
  /** Every size that it was given. */
  readonly sizes: readonly TerminalSize[];
}

/** Connections in memory: somebody listens where a test says so. */
export class FakeSockets implements Sockets {
  readonly #acts: FakeActs;
  readonly #services = new Map<string, FakeService>();
  readonly #datagrams = new Map<string, string[]>();
  readonly #receivers = new Map<string, FakeTerminal | undefined>();
  readonly #pipes = new Map<string, PassThrough>();

  constructor(acts: FakeActs) {
    this.#acts = acts;
  }

  /** Serves a unix socket of packets. */
  servePackets(path: string, service: FakeService): void {
    this.#services.set(path, service);
  }

  /** Serves a port in a network namespace, or on the machine itself. */
  serveTcp(address: TcpAddress, service: FakeService, namespacePath = ""): void {
    this.#services.set(keyOf(address, namespacePath), service);
  }

  async connectStream(path: string): Promise<Duplex> {
    return await this.#connect(path, path, { missing: "ENOENT" });
  }

  async listenStream(path: string, onConnection: FakeService): Promise<{ close(): Promise<void> }> {
    await this.#acts.begin("sockets.listen", path);
    this.#services.set(path, onConnection);
    return { close: async () => void this.#services.delete(path) };
  }

  offerReader(): OfferedPipe<Readable> {
    return this.#offer();
  }

  offerWriter(): OfferedPipe<Writable> {
    return this.#offer();
  }

  /** The other end of a pipe that was offered. @throws Fault `not-found` */
  openOffered(path: string): Duplex {
    const pipe = this.#pipes.get(path);
    if (pipe === undefined) throw hostFault(`open ${path}`, failed("open", "ENOENT"));
    return pipe;
  }

  /** Receives datagrams; what has come stands in the list. */
  receiveDatagrams(path: string): readonly string[] {
    const received: string[] = [];
    this.#datagrams.set(path, received);
    return received;
  }

  sendDatagram(path: string, data: string): void {
    const received = this.#datagrams.get(path);
    if (received === undefined) throw failed(`send to ${path}`, "ENOENT");
    received.push(data);
  }

  async connectPackets(path: string): Promise<Duplex> {
    return await this.#connect(path, path, { objectMode: true, missing: "ENOENT" });
  }

  async connectTcp(address: TcpAddress, { namespacePath = "", signal }: TcpOptions): Promise<Duplex> {
    const name = `${address.host}:${address.port}`;
    if (signal?.aborted === true) throw Fault.within(`connect to ${name}`, signal.reason);
    return await this.#connect(keyOf(address, namespacePath), name, { missing: "ECONNREFUSED" });
  }

  receiveTerminal(path: string): TerminalReceiver {
    this.#receivers.set(path, undefined);
    return {
      path,
      take: () => {
        const terminal = this.#receivers.get(path);
        if (terminal === undefined) throw new Fault("broken", `receive a terminal at ${path}: none was sent`);
        return terminal;
      },
      close: () => void this.#receivers.delete(path),
    };
  }

  /** Sends a terminal to a console socket, as a runtime does. @throws Fault `not-found` when nobody receives there */
  sendTerminal(path: string): FakeTerminal {
    if (!this.#receivers.has(path)) throw hostFault(`connect to ${path}`, failed("connect", "ENOENT"));
    const [stream, inner] = duplexPair();
    const sizes: TerminalSize[] = [];
    const terminal = { stream, inner, sizes, resize: (size: TerminalSize) => void sizes.push(size) };
    this.#receivers.set(path, terminal);
    return terminal;
  }

  #offer(): OfferedPipe<PassThrough> {
    const path = `/pipes/${this.#pipes.size}`;
    const stream = new PassThrough();
    this.#pipes.set(path, stream);
    return { path, stream, taken: () => undefined };
  }

  async #connect(key: string, name: string, { objectMode = false, missing }: Connecting): Promise<Duplex> {
    await this.#acts.begin("sockets.connect", name);
    const service = this.#services.get(key);
    if (service === undefined) throw hostFault(`connect to ${name}`, failed("connect", missing));
    const [ours, theirs] = duplexPair({ objectMode });
    service(theirs);
    return ours;
  }
}

interface Connecting {
  readonly objectMode?: boolean;
  /** What nobody being there is called. */
  readonly missing: "ENOENT" | "ECONNREFUSED";
}

function keyOf({ host, port }: TcpAddress, namespacePath: string): string {
  return `${namespacePath} ${host} ${port}`;
}
