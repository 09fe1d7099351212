import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Blob, buildImage } from "../../support/image.ts";
import { type ImageNode, openImageNode } from "./image-node.ts";
import { type Script, type ScriptedRegistry, startScriptedRegistry } from "./scripted-registry.ts";

const credentials = {
  username: "user",
  password: "secret",
  auth: "",
  serverAddress: "",
  identityToken: "",
  registryToken: "",
};
const image = buildImage({ layers: [[{ path: "big", kind: "file", body: randomBytes(500_000) }]] });
const layer = image.blobs.at(-1) as Blob;

let node: ImageNode;
let registry: ScriptedRegistry;

beforeEach(async () => {
  node = await openImageNode();
  registry = await startScriptedRegistry();
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

/** Sends without end, as fast as the other side reads. */
function sendEndlessly(response: ServerResponse): true {
  const piece = Buffer.alloc(64 * 1024, " ");
  const send = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on("drain", send);
  send();
  return true;
}

/** A script for requests whose address holds `part`. */
function on(part: string, answer: (response: ServerResponse) => void): Script {
  return (request, response) => {
    if (request.url?.includes(part) !== true) return false;
    answer(response);
    return true;
  };
}

/** A registry whose token server answers in this way. */
function withTokens(answer: (response: ServerResponse) => void): Script {
  return (request, response) => {
    if (request.url?.startsWith("/token") === true) answer(response);
    else challenge(response, `Bearer realm="http://${registry.host}/token",service="s"`);
    return true;
  };
}

function challenge(response: ServerResponse, text: string): void {
  response.writeHead(401, { "www-authenticate": text }).end();
}

const manifest = "/manifests/";

describe("a hostile registry", () => {
  it.each<[string, () => Script, string, RegExp]>([
    [
      "sends a manifest without end",
      () => on(manifest, sendEndlessly),
      "invalid",
      /^pull \S+: manifest: read http:\S+: it has more than 4194304 bytes$/,
    ],
    [
      "sends a layer without end",
      () => on(layer.digest, sendEndlessly),
      "invalid",
      /^pull \S+: layer sha256:\w+: (?:download: blob has the wrong size|unpack: blob)/,
    ],
    [
      "redirects in a circle",
      () =>
        on(manifest, (response) =>
          response.writeHead(307, { location: `http://${registry.host}/v2${manifest}x` }).end(),
        ),
      "broken",
      /^pull \S+: manifest: http:\S+: status 307$/,
    ],
    [
      "redirects to a file",
      () => on(manifest, (response) => response.writeHead(307, { location: "file:///etc/shadow" }).end()),
      "unavailable",
      /manifest: http:\S+: redirected to "file:\/\/\/etc\/shadow": it is not an http or https address$/,
    ],
    [
      "breaks a manifest off",
      () =>
        on(manifest, (response) =>
          response.writeHead(200, { "content-length": 100 }).write("{", () => response.destroy()),
        ),
      "unavailable",
      /^pull \S+: manifest: read http:\S+: connection reset$/,
    ],
    [
      "says that a layer is longer than it is",
      () =>
        on(layer.digest, (response) =>
          response.writeHead(200, { "content-length": layer.bytes.length + 1 }).end(layer.bytes.subarray(0, 9)),
        ),
      "unavailable",
      /^pull \S+: layer sha256:\w+: download: /,
    ],
    [
      "sends another config",
      () => on(image.id, (response) => response.end("{}")),
      "invalid",
      /^pull \S+: config sha256:\w+: document has the wrong digest: expected sha256:\w+, got sha256:\w+$/,
    ],
    [
      "gives an empty token",
      () => withTokens((response) => response.end('{"token":""}')),
      "denied",
      /^pull \S+: manifest: http:\S+: get a token from http:\S+: token answer holds no token$/,
    ],
    [
      "gives a token that would be two headers",
      () => withTokens((response) => response.end(JSON.stringify({ token: "a\r\nhost: evil" }))),
      "denied",
      /: token answer holds no token that a header can have$/,
    ],
    [
      "gives a token without end",
      () => withTokens(sendEndlessly),
      "denied",
      /: get a token from http:\S+: the answer is over 1048576 bytes$/,
    ],
    [
      "names a token server of another protocol",
      () => (_, response) => {
        challenge(response, 'Bearer realm="ftp://evil/token"');
        return true;
      },
      "denied",
      /: the registry names no usable token server: "ftp:\/\/evil\/token"$/,
    ],
  ])("that %s is refused, holds nothing up, and leaves nothing behind", async (_, makeScript, kind, problem) => {
    const reference = registry.serve("app", image);
    registry.script = makeScript();
    const delays = monitorEventLoopDelay({ resolution: 10 });
    delays.enable();

    const failure = await node.images.pull(reference, { auth: credentials }).catch((thrown: unknown) => thrown);

    delays.disable();
    expect(failure).toMatchObject({ kind });
    expect((failure as Error).message.replace(/^RegistryUnavailable: /, "")).toMatch(problem);
    expect((failure as Error).message).not.toContain("secret");
    expect(await node.files()).toEqual([]);
    // Far above what a busy machine adds, far below what reading or parsing without a limit would take.
    expect(delays.max / 1e6).toBeLessThan(1_500);
  });

  it("cannot have the credentials sent where the host that it redirects to wants them", async () => {
    await using thief = await startScriptedRegistry();
    thief.script = (request, response) => {
      if (request.url?.startsWith("/token") === true) response.end('{"token":"t"}');
      else challenge(response, `Bearer realm="http://${thief.host}/token",service="s"`);
      return true;
    };
    registry.script = on("/blobs/", (response) =>
      response.writeHead(307, { location: `http://${thief.host}/x` }).end(),
    );

    const pull = node.images.pull(registry.serve("app", image), { auth: credentials });

    await expect(pull).rejects.toMatchObject({ kind: "denied" });
    expect(thief.requests).toEqual(["GET /x"]);
    expect(thief.headers.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  it("that breaks TLS off is unavailable", async () => {
    const server = createServer((socket) => socket.once("data", () => socket.destroy()));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const location = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const hosts = `${node.workspace.dir}/certs.d/r.example`;
    await node.host.files.makeDirectory(hosts);
    await writeFile(`${hosts}/hosts.toml`, `server = "https://${location}"`);
    node = await node.reopen({ registryConfigDirs: [`${node.workspace.dir}/certs.d`] });

    const failure = await node.images.pull("r.example/app").catch((thrown: unknown) => thrown);

    server.close();
    expect(failure).toMatchObject({
      kind: "unavailable",
      message: `RegistryUnavailable: pull r.example/app:latest: manifest: https://${location}/v2/app/manifests/latest: connection reset`,
    });
  });
});

describe("a registry that needs time", () => {
  it("is waited for as long as something comes", async () => {
    node = await node.reopen({ noProgressTimeoutMs: 1_500 });
    const { bytes } = image.top;
    const pieces = 6;
    registry.script = on(manifest, (response) => {
      response.writeHead(200, { "content-type": image.top.mediaType, "content-length": bytes.length });
      let sent = 0;
      const timer = setInterval(() => {
        const end = Math.ceil(((sent + 1) * bytes.length) / pieces);
        response.write(bytes.subarray(Math.ceil((sent * bytes.length) / pieces), end));
        sent += 1;
        if (sent < pieces) return;
        clearInterval(timer);
        response.end();
      }, 400);
    });

    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
  });

  it.each([
    ["seconds", () => "1", 1_000],
    // A date has whole seconds: two from now is at least one from now.
    ["a date", () => new Date(Date.now() + 2_000).toUTCString(), 950],
  ])("is asked again when it says by %s", async (_, retryAfter, leastMs) => {
    const times = timesOf(1, (response) => response.writeHead(429, { "retry-after": retryAfter() }).end());

    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(leastMs);
  });

  it("is asked again ever later when it does not say", async () => {
    node = await node.reopen({ retryDelayMs: 100 });
    const times = timesOf(3, (response) => response.writeHead(503).end());

    expect(await node.images.pull(registry.serve("app", image))).toBe(image.id);
    const gaps = times.slice(1, 4).map((time, index) => time - (times[index] ?? 0));
    // Timers may be a millisecond early.
    expect(gaps.map((gap, index) => gap >= 100 * 2 ** index - 2)).toEqual([true, true, true]);
  });

  /** When requests came; the first few are refused. */
  function timesOf(refusals: number, refuse: (response: ServerResponse) => void): readonly number[] {
    const times: number[] = [];
    registry.script = (_, response) => {
      times.push(performance.now());
      if (times.length > refusals) return false;
      refuse(response);
      return true;
    };
    return times;
  }
});
