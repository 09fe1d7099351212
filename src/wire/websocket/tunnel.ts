import { Duplex } from "node:stream";
import { WebSocketConnection } from "./connection.ts";
import { webSocketLost } from "./faults.ts";
import type { WebSocketRole } from "./session.ts";

const highWaterMark: number = 64 * 1024;

/** A WebSocket as a plain byte stream: another protocol inside its binary messages, whatever they are cut into. */
export class WebSocketTunnel extends Duplex {
  readonly #connection: WebSocketConnection;

  constructor(transport: Duplex, role: WebSocketRole) {
    super({ highWaterMark });
    this.#connection = new WebSocketConnection(transport, {
      role,
      messages: {
        begin: () => undefined,
        bytes: (bytes) => {
          if (!this.destroyed && !this.push(bytes)) this.#connection.hold(this);
        },
        end: () => undefined,
      },
      onClose: (error) => {
        if (error === undefined) this.push(null);
        else this.destroy(webSocketLost(error));
      },
    });
  }

  override _read(): void {
    this.#connection.release(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#connection.send("binary", [chunk], done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer; readonly encoding: BufferEncoding }[],
    done: () => void,
  ): void {
    this.#connection.send(
      "binary",
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: () => void): void {
    this.#connection.close();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connection.destroy();
    done(error);
  }
}
