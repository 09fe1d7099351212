import type { Duplex, Readable, Writable } from "node:stream";
import type { TerminalSize } from "#spec";

/** A literal IP address, never a name, and a port. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

export interface TcpOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs: number;
  /** File of the network namespace to connect from; the machine's own when absent. */
  readonly namespacePath?: string;
}

/** The outer end of a pseudo-terminal. */
export interface Terminal {
  /** Reading ends when nobody has the inner end open any more. Ending the writing side only forgets it. */
  readonly stream: Duplex;
  /** Sets the size; after the end it does nothing. */
  resize(size: TerminalSize): void;
}

/** A place where an OCI runtime delivers one terminal. */
export interface TerminalReceiver {
  /** Path to be given to the runtime as its console socket. */
  readonly path: string;
  /** The terminal that was delivered; to be asked for when the runtime has ended. @throws Fault `broken` when none was */
  take(): Terminal;
  /** Removes the place; a terminal that was taken stays. */
  close(): void;
}

/** A pipe whose other end another process opens by its path. */
export interface OfferedPipe<OwnEnd extends Readable | Writable> {
  /** Good for any process of this machine's own namespaces, as long as this end or the other is open. */
  readonly path: string;
  readonly stream: OwnEnd;
  /** The other side has opened its end by now: from here on, it ends when that side closes it. Idempotent. */
  taken(): void;
}

/** Connections to other processes. */
export interface Sockets {
  /**
   * Connects to a unix socket of bytes.
   *
   * @throws Fault `not-found` without the socket, `unavailable` when nobody listens
   */
  connectStream(path: string): Promise<Duplex>;
  /**
   * Listens on a unix socket of bytes, for processes of this user alone; closing it keeps the connections.
   *
   * A socket that is there is replaced: the caller knows that nobody else serves it. Its directory is made when missing.
   */
  listenStream(path: string, onConnection: (connection: Duplex) => void): Promise<{ close(): Promise<void> }>;
  /** Makes a pipe that another process writes to. */
  offerReader(): OfferedPipe<Readable>;
  /** Makes a pipe that another process reads from; until it is taken, what was written stays, also of a closed stream. */
  offerWriter(): OfferedPipe<Writable>;
  /**
   * Connects to a unix socket of packets (SOCK_SEQPACKET).
   *
   * Each chunk that is read is one packet; what is written goes out in packets of at most 32 KiB; `end()` is a half close.
   *
   * @throws Fault `not-found` without the socket, `unavailable` when nobody listens
   */
  connectPackets(path: string): Promise<Duplex>;
  /** Connects by TCP; `end()` is a half close. @throws Fault `unavailable` when nobody listens there */
  connectTcp(address: TcpAddress, options: TcpOptions): Promise<Duplex>;
  /**
   * Sends one message to a unix socket of datagrams, or fails at once.
   *
   * @throws Fault `not-found` without the socket, `unavailable` when nobody has it open
   */
  sendDatagram(path: string, data: string): void;
  /** Makes a place for a terminal at a path that nothing has. */
  receiveTerminal(path: string): TerminalReceiver;
}
