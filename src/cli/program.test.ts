import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { commands } from "./commands.ts";
import { runCrisp } from "./fake/fake-session.ts";

const version = async () => ({
  $typeName: "runtime.v1.VersionResponse" as const,
  version: "0.1.0",
  runtimeName: "crisp",
  runtimeVersion: "1.0.0",
  runtimeApiVersion: "v1",
});

test("crisp version prints what the runtime says of itself", async () => {
  const { out, failure } = await runCrisp(["version"], { version });

  expect(failure).toBeUndefined();
  expect(out).toBe("Version:  0.1.0\nRuntimeName:  crisp\nRuntimeVersion:  1.0.0\nRuntimeApiVersion:  v1\n");
});

test("global flags stand before the command", async () => {
  const { flags } = await runCrisp(["-r", "unix:///x", "-i", "unix:///y", "-t", "10s", "-D", "version"], { version });

  expect(flags).toEqual({ runtimeEndpoint: "unix:///x", imageEndpoint: "unix:///y", timeout: 10_000, debug: true });
});

test("crisp --version prints its own version", async () => {
  expect((await runCrisp(["--version"])).out).toBe("1.2.3\n");
});

test.each(commands.map(({ name }) => name))("crisp %s --help explains its flags without a server", async (name) => {
  const { out, failure } = await runCrisp([name, "--help"]);

  expect(failure).toMatchObject({ exitCode: 0 });
  expect(out).toContain(`Usage: crisp ${name}`);
  expect(out).toContain("--help");
});

test("crisp help COMMAND is COMMAND --help", async () => {
  expect((await runCrisp(["help", "ps"])).out).toContain("--resolve-image-path");
});

test("an alias is the command", async () => {
  expect((await runCrisp(["img", "--help"])).out).toContain("--digests");
});

test.each([
  [["ps", "--nam"], "unknown option '--nam'"],
  [["piss"], "unknown command 'piss'"],
  [["version", "extra"], "too many arguments"],
  [["start"], "missing required argument 'ids'"],
])("crisp %j is misuse", async (args, message) => {
  const { err, failure } = await runCrisp(args);

  expect(failure).toBeInstanceOf(CommanderError);
  expect(err).toMatch(/^crisp: /);
  expect(err).toContain(message);
});

test.each([
  [["ps", "-o", "go-template"], "unsupported"],
  [["ps", "-o", "xml"], "invalid"],
  [["-t", "soon", "version"], "invalid"],
  [["ps", "--state", "dead"], "invalid"],
  [["pods", "--state", "dead"], "invalid"],
  [["ps", "--name", "("], "invalid"],
  [["ps", "--last", "x"], "invalid"],
  [["ps", "--label", "x"], "invalid"],
])("crisp %j is a fault of kind %s", async (args, kind) => {
  expect((await runCrisp(args)).failure).toMatchObject({ name: "Fault", kind });
});
