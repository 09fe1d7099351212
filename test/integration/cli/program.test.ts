import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { create } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  ExecSyncResponseSchema,
  ImageService,
  ListPodSandboxResponseSchema,
  RuntimeService,
  VersionResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { toGrpcService } from "#spec";

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Reply = (error: null, answer: unknown) => void;

const program = path.resolve(import.meta.dirname, "../../../bin/crisp");
let directory = "";
let endpoint = "";
let server: Server;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "crisp-program-"));
  endpoint = `unix://${directory}/cri.sock`;
  server = new Server();
});

afterEach(async () => {
  server.forceShutdown();
  await rm(directory, { recursive: true });
});

async function serve(handlers: UntypedServiceImplementation): Promise<void> {
  server.addService(toGrpcService(RuntimeService), handlers);
  server.addService(toGrpcService(ImageService), handlers);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(endpoint, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const known = { PATH: process.env["PATH"], CRI_CONFIG_FILE: "/dev/null", CONTAINER_RUNTIME_ENDPOINT: endpoint };
  return spawn(program, args, { env: { ...known, ...env }, stdio: ["ignore", "pipe", "pipe"] });
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (data: Buffer) => (output.stdout += data.toString()));
  child.stderr?.on("data", (data: Buffer) => (output.stderr += data.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...output };
}

function answerVersion(_call: unknown, reply: Reply): void {
  reply(null, create(VersionResponseSchema, { version: "0.1.0", runtimeName: "fake" }));
}

it("prints data on standard output and succeeds", async () => {
  await serve({ version: answerVersion });

  const { code, stdout, stderr } = await outcomeOf(start(["version"]));

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("RuntimeName:  fake\n");
});

it("says a failure in one line and gives the code of its kind", async () => {
  const { code, stdout, stderr } = await outcomeOf(start(["-r", `unix://${directory}/missing.sock`, "version"]));

  expect({ code, stdout }).toEqual({ code: 8, stdout: "" });
  expect(stderr).toMatch(/^crisp: Version: cannot reach unix:\S+missing\.sock: the socket does not exist [^\n]+\n$/);
});

it("tells misuse from failure", async () => {
  const { code, stderr } = await outcomeOf(start(["ps", "--unknown"]));

  expect({ code, stderr }).toEqual({ code: 2, stderr: "crisp: unknown option '--unknown'\n" });
});

it("gives the exit code of the command that exec ran", async () => {
  await serve({
    execSync: (_call: unknown, reply: Reply) =>
      reply(null, create(ExecSyncResponseSchema, { stdout: Buffer.from("o"), stderr: Buffer.from("e"), exitCode: 42 })),
  });

  expect(await outcomeOf(start(["exec", "-s", "a".repeat(64), "false"]))).toEqual({
    code: 42,
    stdout: "o",
    stderr: "e",
  });
});

it("reads the configuration file that the environment names", async () => {
  await serve({ version: answerVersion });
  const config = path.join(directory, "crictl.yaml");
  await writeFile(config, `runtime-endpoint: ${endpoint}\ndebug: true\n`);

  const env = { CRI_CONFIG_FILE: config, CONTAINER_RUNTIME_ENDPOINT: "" };
  const { code, stderr } = await outcomeOf(start(["version"], env));

  expect(code).toBe(0);
  expect(stderr).toMatch(/^debug: Version [\d.]+ ms ok\n$/);
});

it("refuses a configuration file that was asked for and is missing", async () => {
  const { code, stderr } = await outcomeOf(start(["-c", path.join(directory, "missing.yaml"), "version"]));

  expect(code).toBe(3);
  expect(stderr).toContain("missing.yaml");
});

it("cancels the call at Ctrl-C and says so", async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  await serve({
    pullImage: (call: { once(event: "cancelled", listener: () => void): void }) => {
      call.once("cancelled", cancel);
      begin();
    },
  });
  const child = start(["pull", "busybox"]);
  const outcome = outcomeOf(child);
  await begun;

  child.kill("SIGINT");
  await cancelled;

  expect(await outcome).toEqual({ code: 130, stdout: "", stderr: "crisp: PullImage: interrupted\n" });
});

it("ends quietly when its reader has seen enough", async () => {
  const items = Array.from({ length: 5_000 }, (_, index) => ({ id: `${index}`.padStart(64, "0"), metadata: {} }));
  await serve({
    listPodSandbox: (_call: unknown, reply: Reply) => reply(null, create(ListPodSandboxResponseSchema, { items })),
  });
  const child = start(["pods", "-o", "json"]);
  child.stdout?.once("data", () => child.stdout?.destroy());

  const { code, stderr } = await outcomeOf(child);

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
