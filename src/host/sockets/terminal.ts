import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { endianness } from "node:os";
import { basename, dirname, join } from "node:path";
import { Fault } from "#foundation";
import type { TerminalSize } from "#spec";
import { type DescriptorSockets, descriptorOf } from "../descriptor-socket.ts";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import type { Native } from "../native/native.ts";
import { ForeignDuplex } from "./foreign-duplex.ts";
import type { Terminal, TerminalReceiver } from "./types.ts";
import { withUnixAddress } from "./unix-address.ts";

const unixFamily = 1;
/** SOCK_STREAM, SOCK_CLOEXEC and SOCK_NONBLOCK. */
const streamSocket = 1 | 0o2000000 | 0o4000;
const setWindowSize = 0x5414;
/** The runtime sends the name of the device with it. */
const maxNameBytes = 4_096;
/** struct cmsghdr on 64-bit machines: its length, SOL_SOCKET, SCM_RIGHTS; then the descriptor. */
const controlHeaderBytes = 16;
const descriptorMessageBytes = controlHeaderBytes + 4;
const controlBytes = 24;
const maxWriteBytes = 65_536;

/** What a receiver works with. */
export interface TerminalDeps {
  readonly native: Native;
  readonly sockets: DescriptorSockets;
}

/**
 * Listens at a path for the terminal that an OCI runtime sends.
 *
 * Nothing waits: what a runtime has sent before it ended lies in the socket, and is taken out when its caller knows of
 * that end.
 *
 * @see https://github.com/opencontainers/runc/blob/v1.1.5/docs/terminals.md
 */
export function receiveTerminal(deps: TerminalDeps, path: string): TerminalReceiver {
  try {
    return new LinuxTerminalReceiver(deps, path);
  } catch (error) {
    throw hostFault(`listen for a terminal at ${path}`, error);
  }
}

class LinuxTerminalReceiver implements TerminalReceiver {
  readonly path: string;
  readonly #deps: TerminalDeps;
  readonly #file: string;
  readonly #directory: number;
  readonly #listener: number;
  #isClosed = false;

  constructor(deps: TerminalDeps, path: string) {
    this.#deps = deps;
    this.#file = path;
    this.#directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
    // Through our descriptor, because the path may be longer than an address takes.
    this.path = join("/proc", String(process.pid), "fd", String(this.#directory), basename(path));
    try {
      this.#listener = listenAt(deps.native, path);
    } catch (error) {
      closeSync(this.#directory);
      throw error;
    }
  }

  take(): Terminal {
    try {
      const { native, sockets } = this.#deps;
      const fd = receiveDescriptor(native, this.#listener);
      return new LinuxTerminal(native, sockets, fd);
    } catch (error) {
      if (isErrno(error, "EAGAIN")) throw nothingCame(this.#file);
      throw hostFault(`receive a terminal at ${this.#file}`, error);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#listener);
    closeSync(this.#directory);
    unlinkSync(this.#file);
  }
}

class LinuxTerminal implements Terminal {
  readonly stream: ForeignDuplex;
  readonly #resize: (size: TerminalSize) => void;

  constructor(native: Native, sockets: DescriptorSockets, fd: number) {
    const socket = sockets.open(fd);
    // EIO: nobody has the inner end open any more.
    const kind = { name: "terminal", keepsPackets: false, maxWriteBytes, canHalfClose: false, endErrno: "EIO" };
    this.stream = new ForeignDuplex(socket, kind);
    this.#resize = ({ columns, rows }) => {
      const open = descriptorOf(socket);
      if (open !== undefined) native.ioctl(open, setWindowSize, windowSize(columns, rows));
    };
  }

  resize(size: TerminalSize): void {
    this.#resize(size);
  }
}

function listenAt(native: Native, path: string): number {
  const fd = native.socket(unixFamily, streamSocket, 0);
  try {
    withUnixAddress(path, (address) => native.bind(fd, address));
    native.listen(fd, 1);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function receiveDescriptor(native: Native, listener: number): number {
  const connection = native.accept(listener);
  try {
    const control = Buffer.alloc(controlBytes);
    native.receiveMessage(connection, Buffer.alloc(maxNameBytes), control);
    const order = endianness();
    const length = Number(control[`readBigUInt64${order}`](0));
    if (length !== descriptorMessageBytes) throw new Error("the message carries no descriptor");
    return control[`readInt32${order}`](controlHeaderBytes);
  } finally {
    closeSync(connection);
  }
}

/** struct winsize: rows and columns, then pixels that nobody knows. */
function windowSize(columns: number, rows: number): Buffer {
  const size = Buffer.alloc(8);
  const order = endianness();
  size[`writeUInt16${order}`](rows, 0);
  size[`writeUInt16${order}`](columns, 2);
  return size;
}

function nothingCame(path: string): Fault {
  return new Fault("broken", `receive a terminal at ${path}: none was sent`, {
    reason: { code: "host.no-terminal", path },
  });
}
