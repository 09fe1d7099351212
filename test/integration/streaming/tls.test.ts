import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect, type PeerCertificate } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openRemoteProcess } from "#client";
import type { TlsOptions } from "#streaming";
import { waitFor } from "../../support/wait-for.ts";
import { makeSelfSigned, type SelfSigned } from "../image/self-signed.ts";
import { aCommand, everything, startPlayedServer } from "./played-targets.ts";

const { signal } = new AbortController();
let directory = "";
let pair: TlsOptions;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "crisp-streaming-tls-"));
  pair = { kind: "pair", certificatePath: path.join(directory, "cert.pem"), keyPath: path.join(directory, "key.pem") };
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** Puts a pair in place, each file by a rename. */
async function install({ cert, key }: SelfSigned): Promise<void> {
  for (const [name, content] of [
    ["key.pem", key],
    ["cert.pem", cert],
  ] as const) {
    await writeFile(path.join(directory, `${name}.new`), content);
    await rename(path.join(directory, `${name}.new`), path.join(directory, name));
  }
}

/** The certificate that the server shows, or the failure of the handshake. */
function handshake(
  url: string,
  client: { readonly cert?: string; readonly key?: string } = {},
): Promise<PeerCertificate> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false, ...client });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server hung up")));
    socket.on("secureConnect", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    socket.on("data", () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
  });
}

test.each(["spdy", "websocket"] as const)("streams over %s work with a self-signed certificate", async (transport) => {
  await using place = await startPlayedServer({ tls: { kind: "self-signed" } });
  const url = place.server.execUrl(aCommand);
  const remote = await openRemoteProcess({ url, transport, ...everything, signal });
  const played = await place.nextProcess();

  played.exit(5);

  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:/);
  expect(await remote.exitCode).toBe(5);
});

test("the self-signed certificate names this machine's own addresses", async () => {
  await using place = await startPlayedServer({ tls: { kind: "self-signed" } });

  const certificate = await handshake(place.server.execUrl(aCommand));

  expect(certificate.subjectaltname).toBe("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
});

test("a new pair is used from then on, without a restart, and one that does not fit is left aside", async () => {
  const [first, second] = [makeSelfSigned(), makeSelfSigned()];
  await install(first);
  await using place = await startPlayedServer({ tls: pair });
  const fingerprint = async (): Promise<string> => (await handshake(place.server.execUrl(aCommand))).fingerprint256;
  const before = await fingerprint();

  await install({ cert: "no certificate", key: first.key });
  await install(second);
  const after = await waitFor("the new certificate", async () => {
    const seen = await fingerprint();
    return seen === before ? undefined : seen;
  });

  expect(after).not.toBe(before);
});

test("files that are no pair do not start a server", async () => {
  await install({ cert: makeSelfSigned().cert, key: makeSelfSigned().key });

  await expect(startPlayedServer({ tls: pair })).rejects.toThrow(/streaming server: certificates/);
});

test("with an authority for clients only those that it vouches for are served", async () => {
  const client = makeSelfSigned();
  const clientCaPath = path.join(directory, "clients.pem");
  await writeFile(clientCaPath, client.cert);
  await using place = await startPlayedServer({ tls: { kind: "self-signed", clientCaPath } });
  const url = place.server.execUrl(aCommand);

  await expect(handshake(url)).rejects.toBeInstanceOf(Error);
  await expect(handshake(url, makeSelfSigned())).rejects.toBeInstanceOf(Error);
  await expect(handshake(url, client)).resolves.toMatchObject({ valid_to: expect.any(String) as unknown });
});
