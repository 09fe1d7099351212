import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { HostUnderTest } from "./host-under-test.ts";

const timeoutMs = 5_000;
/** Nobody listens there: it is for the multiplexer of a protocol that no machine has any more. */
const freePort = 1;

/** What every form of Host promises of its connections. */
export function socketsContract(under: () => HostUnderTest): void {
  describe("sockets", () => {
    it("connectTcp() connects, and its end is a half close", async () => {
      const { host, serve } = under();
      const port = await serve((peer) => {
        void peer.toArray().then((pieces) => peer.end(`got ${Buffer.concat(pieces as Buffer[]).toString()}`));
      });

      const connection = await host.sockets.connectTcp({ host: "127.0.0.1", port }, { timeoutMs });
      connection.end("hello");
      const answer = Buffer.concat((await connection.toArray()) as Buffer[]).toString();

      expect(answer).toBe("got hello");
      connection.destroy();
    });

    it("connectTcp() says that nobody listens", async () => {
      const connecting = under().host.sockets.connectTcp({ host: "127.0.0.1", port: freePort }, { timeoutMs });

      await expect(connecting).rejects.toMatchObject({ kind: "unavailable" });
    });

    it("connectTcp() does not begin for a caller that has given up", async () => {
      const signal = AbortSignal.abort();
      const connecting = under().host.sockets.connectTcp({ host: "127.0.0.1", port: freePort }, { timeoutMs, signal });

      await expect(connecting).rejects.toMatchObject({ kind: "canceled" });
    });

    it("connectStream() reaches who listens, and its end is a half close", async () => {
      const { host, directory } = under();
      const path = join(directory, "sub", "stream");
      const listener = await host.sockets.listenStream(path, (peer) => {
        void peer.toArray().then((pieces) => peer.end(`got ${Buffer.concat(pieces as Buffer[]).toString()}`));
      });

      const connection = await host.sockets.connectStream(path);
      connection.end("hello");
      const answer = Buffer.concat((await connection.toArray()) as Buffer[]).toString();
      await listener.close();

      expect(answer).toBe("got hello");
      await expect(host.sockets.connectStream(path)).rejects.toMatchObject({ kind: "not-found" });
    });

    it("offerReader() and offerWriter() name their pipes differently", () => {
      const { sockets } = under().host;

      const pipes = [sockets.offerReader(), sockets.offerWriter()];

      expect(new Set(pipes.map(({ path }) => path)).size).toBe(2);
      for (const pipe of pipes) {
        pipe.taken();
        pipe.stream.destroy();
      }
    });

    it("connectPackets() names a socket that is not there", async () => {
      const { host, directory } = under();
      const path = join(directory, "attach");

      await expect(host.sockets.connectPackets(path)).rejects.toMatchObject({
        kind: "not-found",
        message: `connect to ${path}: no such file or directory`,
      });
    });

    it("sendDatagram() names a socket that is not there", () => {
      const { host, directory } = under();
      const path = join(directory, "notify");

      expect(() => host.sockets.sendDatagram(path, "READY=1")).toThrow(`send to ${path}: no such file or directory`);
    });

    it("receiveTerminal() has none before it was sent", () => {
      const { host, directory } = under();
      const receiver = host.sockets.receiveTerminal(join(directory, "tty"));

      expect(() => receiver.take()).toThrow("none was sent");
      receiver.close();
    });
  });

  it("adopt() refuses what is no child", () => {
    expect(() => under().host.processes.adopt(2 ** 22 - 1)).toThrow("it is no child of this process");
  });
}
