import { beforeEach, describe, expect, it } from "vitest";
import { FakeHost } from "#host";
import { ensureProgram } from "./own-program.ts";

const path = "/programs/waiter";
const program = "#!/bin/sh\n";

describe("ensureProgram()", () => {
  let host: FakeHost;

  beforeEach(() => {
    host = new FakeHost();
  });

  it("writes a program that is missing, or another one, with what is to be beside it", async () => {
    await host.files.makeDirectory("/programs");
    await host.files.write(path, "older");

    expect(await ensureProgram(host, path, program, { neighbours: ["proc"] })).toBe(path);

    expect(await host.files.readText(path)).toBe(program);
    expect((await host.files.stat("/programs/proc"))?.kind).toBe("directory");
  });

  it("leaves the program alone that is there", async () => {
    await ensureProgram(host, path, program);
    const acts = host.acts.length;

    await ensureProgram(host, path, program);

    expect(host.acts.slice(acts).filter(({ name }) => name.includes("write"))).toEqual([]);
  });

  it("answers when nobody has it open for writing any more", async () => {
    const executed = Promise.withResolvers<undefined>();
    host.processes.untilExecuted = () => executed.promise;
    const told: string[] = [];

    const ensured = ensureProgram(host, path, program).then(() => told.push("ensured"));
    await expect.poll(() => host.files.stat(path)).toBeDefined();
    told.push("written");
    executed.resolve(undefined);
    await ensured;

    expect(told).toEqual(["written", "ensured"]);
  });
});
