import { Fault } from "#foundation";
import { type CloseCode, closeCode } from "./close.ts";

/** When a peer breaks RFC 6455 or its sub-protocol in a way that ends the connection. */
export function badWebSocket(problem: string, code: CloseCode = closeCode.protocolError): Fault {
  return new Fault("invalid", `websocket: ${problem}`, {
    reason: { code: "wire.bad-websocket", problem, close: code },
  });
}

/** When the connection ends under channels that have not. */
export function webSocketLost(cause?: unknown): Fault {
  return new Fault("unavailable", "websocket: the connection was closed", {
    reason: { code: "wire.connection-lost" },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The close code that a failure means for the peer. */
export function closeCodeOf(error: unknown): number {
  const code = error instanceof Fault ? error.reason?.["close"] : undefined;
  return typeof code === "number" ? code : closeCode.internalError;
}
