import koffi from "koffi";
import { closeOnExec, type Libc } from "./libc.ts";

/** Sockets of kinds, and in namespaces, that Node has no word for. */
export interface SocketCalls {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly getsockopt: (fd: number, option: { readonly level: number; readonly name: number }, value: Buffer) => void;
  /** Connects to the address, a struct sockaddr; a descriptor that does not block fails with EAGAIN where it would have to. */
  readonly connect: (fd: number, address: Buffer) => void;
  /** Sends to whom the socket is connected to, without a SIGPIPE. */
  readonly send: (fd: number, data: Buffer) => void;
  readonly bind: (fd: number, address: Buffer) => void;
  readonly listen: (fd: number, backlog: number) => void;
  /** A connection that somebody made to a listening socket, closed in children. */
  readonly accept: (fd: number) => number;
  /** Receives one message with its control part; answers with the number of bytes of the message itself. */
  readonly receiveMessage: (fd: number, data: Buffer, control: Buffer) => number;
}

const messageCloseOnExec = 0x4000_0000;
const messageNoSignal = 0x4000;

export function socketCalls(libc: Libc): SocketCalls {
  const socket = libc.call<[number, number, number]>("int socket(int domain, int type, int protocol)");
  const getsockopt = libc.call<[number, number, number, Buffer, Uint32Array]>(
    "int getsockopt(int fd, int level, int option, void *value, uint *length)",
  );
  const connect = libc.call<[number, Buffer, number]>("int connect(int fd, const void *address, uint length)");
  const send = libc.call<[number, Buffer, number, number]>(
    "long send(int fd, const void *data, size_t length, int flags)",
  );
  const bind = libc.call<[number, Buffer, number]>("int bind(int fd, const void *address, uint length)");
  const listen = libc.call<[number, number]>("int listen(int fd, int backlog)");
  const accept = libc.call<[number, null, null, number]>("int accept4(int fd, void *address, void *length, int flags)");
  return {
    socket,
    getsockopt: (fd, option, value) =>
      void getsockopt(fd, option.level, option.name, value, Uint32Array.of(value.length)),
    connect: (fd, address) => void connect(fd, address, address.length),
    send: (fd, data) => void send(fd, data, data.length, messageNoSignal),
    bind: (fd, address) => void bind(fd, address, address.length),
    listen: (fd, backlog) => void listen(fd, backlog),
    accept: (fd) => accept(fd, null, null, closeOnExec),
    receiveMessage: receiveMessage(libc),
  };
}

function receiveMessage(libc: Libc): SocketCalls["receiveMessage"] {
  const vector = koffi.struct({ base: "void *", length: "size_t" });
  const header = koffi.struct({
    name: "void *",
    nameLength: "uint",
    vectors: koffi.pointer(vector),
    vectorCount: "size_t",
    control: "void *",
    controlLength: "size_t",
    flags: "int",
  });
  const recvmsg = libc.declare<[number, object, number]>("recvmsg", "long", ["int", koffi.pointer(header), "int"]);
  return (fd, data, control) => {
    const message = {
      name: null,
      nameLength: 0,
      vectors: [{ base: data, length: data.length }],
      vectorCount: 1,
      control,
      controlLength: control.length,
      flags: 0,
    };
    return recvmsg(fd, message, messageCloseOnExec);
  };
}
