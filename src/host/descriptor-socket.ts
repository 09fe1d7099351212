import { closeSync } from "node:fs";
import { Socket, type SocketConstructorOpts } from "node:net";
import { SystemError } from "./errno.ts";
import type { Native } from "./native/native.ts";

/** The part of Node's internal pipe handle that is used here. */
interface PipeHandle {
  open(fd: number): number;
}

type PipeClass = new (kind: number) => PipeHandle;

const plainPipe = 0;

/**
 * Puts descriptors of any kind into the event loop.
 *
 * Node gives no public way to do so for a bare descriptor (`new net.Socket({ fd })` refuses what is neither a pipe nor a
 * stream socket), but the handle inside of such a socket takes any that can be polled: a pidfd, a socket of packets, a
 * pseudo-terminal. What is read at once comes as one piece.
 */
export class DescriptorSockets {
  readonly #Pipe: PipeClass;

  constructor(native: Native) {
    this.#Pipe = pipeClass(native);
  }

  /** Owns the descriptor from now on, also when this fails. */
  open(fd: number): Socket {
    const handle = new this.#Pipe(plainPipe);
    const failure = handle.open(fd);
    if (failure === 0) return new Socket({ handle, allowHalfOpen: true } as unknown as SocketConstructorOpts);
    closeSync(fd);
    throw new SystemError("poll a descriptor", -failure);
  }
}

/** The descriptor of a socket, which Node shows only on its internal handle; undefined when it is closed. */
export function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } | null };
  const fd = handle?.fd ?? -1;
  return fd < 0 ? undefined : fd;
}

/** The class of the handle that Node puts under a socket on a pipe. */
function pipeClass(native: Native): PipeClass {
  const [readEnd, writeEnd] = native.pipe();
  closeSync(writeEnd);
  const socket = new Socket({ fd: readEnd, readable: false, writable: false });
  const { _handle: handle } = socket as unknown as { readonly _handle: { readonly constructor: PipeClass } };
  socket.destroy();
  return handle.constructor;
}
