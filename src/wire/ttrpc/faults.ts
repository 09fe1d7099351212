import { Fault } from "#foundation";
import { grpcCodeOfKind, kindOfGrpcCode } from "#spec";

/** When a peer breaks the protocol in a way that ends the connection. */
export function badTtrpc(problem: string): Fault {
  return new Fault("invalid", `ttrpc: ${problem}`, { reason: { code: "wire.bad-ttrpc", problem } });
}

/** When a message is longer than a frame may be; the connection goes on. */
export function messageTooLong(whose: string, bytes: number, limitBytes: number): Fault {
  return new Fault("exhausted", `ttrpc: ${whose} has ${bytes} bytes, ${limitBytes} are allowed`, {
    reason: { code: "wire.ttrpc-too-long", bytes, limitBytes },
  });
}

/** When the connection ends under calls that have not. */
export function ttrpcConnectionLost(cause?: unknown): Fault {
  return new Fault("unavailable", "ttrpc: the connection was closed", {
    reason: { code: "wire.connection-lost" },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What the other side answered in place of a message. */
export function answeredStatus(status: { readonly code: number; readonly message: string }): Fault {
  return new Fault(kindOfGrpcCode(status.code), status.message, {
    reason: { code: "wire.ttrpc-status", status: status.code },
  });
}

/** What this side answers when a handler throws. */
export function statusOfThrown(thrown: unknown): { readonly code: number; readonly message: string } {
  const fault = Fault.from(thrown);
  return { code: grpcCodeOfKind[fault.kind], message: fault.message };
}
