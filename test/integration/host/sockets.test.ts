import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Child } from "#host";
import { waitFor } from "../../support/wait-for.ts";
import { openPlace, type Place } from "./place.ts";

const timeoutMs = 5_000;
const port = 7_070;
const sigkill = 9;

describe("connections into a network namespace", () => {
  let place: Place;
  let namespacePath: string;
  let server: Child | undefined;

  beforeEach(async () => {
    place = await openPlace();
    namespacePath = join(place.directory, "net");
    await place.host.namespaces.pin({ pins: { net: namespacePath }, loopbackUp: true });
  });

  afterEach(async () => {
    server?.kill(sigkill, "group");
    await server?.exited;
    await place.host.namespaces.unpin(namespacePath);
    await place.dispose();
  });

  /** Listens on one address inside and sends everything back in upper case. */
  async function serve(address: string): Promise<void> {
    const script = `require("net").createServer({ allowHalfOpen: true }, (peer) => {
      let said = ""; peer.on("data", (piece) => { said += piece; }); peer.on("end", () => peer.end(said.toUpperCase()));
    }).listen(${port}, "${address}", () => console.log("up"))`;
    server = await place.host.processes.spawn(
      { program: "nsenter", args: [`--net=${namespacePath}`, process.execPath, "-e", script] },
      { descriptors: { 1: "pipe-from-child" }, leads: "group" },
    );
    await once(server.readers[1] ?? process.stdin, "data");
  }

  async function shout(host: string): Promise<string> {
    const connection = await place.host.sockets.connectTcp({ host, port }, { namespacePath, timeoutMs });
    connection.end("hello");
    const answer = Buffer.concat((await connection.toArray()) as Buffer[]).toString();
    connection.destroy();
    return answer;
  }

  it.each(["127.0.0.1", "::1"])("reach a server that listens on %s alone", async (address) => {
    await serve(address);

    expect(await shout(address)).toBe("HELLO");
    await expect(shout(address === "::1" ? "127.0.0.1" : "::1")).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("do not reach it from outside", async () => {
    await serve("127.0.0.1");

    const outside = place.host.sockets.connectTcp({ host: "127.0.0.1", port }, { timeoutMs });

    await expect(outside).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("are many at once, and leave no descriptor", async () => {
    await serve("127.0.0.1");
    const before = (await readdir("/proc/self/fd")).length;

    const answers = await Promise.all(Array.from({ length: 40 }, () => shout("127.0.0.1")));

    expect(new Set(answers)).toEqual(new Set(["HELLO"]));
    await waitFor("descriptors to close", async () => (await readdir("/proc/self/fd")).length <= before);
  });

  it("name a namespace that is not there", async () => {
    const connecting = place.host.sockets.connectTcp(
      { host: "127.0.0.1", port },
      { namespacePath: join(place.directory, "nosuch"), timeoutMs },
    );

    await expect(connecting).rejects.toMatchObject({ kind: "not-found" });
  });
});
