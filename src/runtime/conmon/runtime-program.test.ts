import { beforeEach, describe, expect, it } from "vitest";
import { silentLogger } from "#foundation";
import { FakeHost } from "#host";
import { RuntimeProgram } from "./runtime-program.ts";

let host: FakeHost;
let program: RuntimeProgram;

beforeEach(async () => {
  host = new FakeHost();
  await host.files.makeDirectory("/bin");
  host.processes.script(({ program: name }) => (name === "/bin/runc" ? {} : undefined));
  program = new RuntimeProgram("/bin/runc", { host, logger: silentLogger });
});

function copies(): number {
  return host.acts.filter(({ name }) => name === "processes.keepInMemory").length;
}

describe("RuntimeProgram", () => {
  it("is copied once, for many that ask at once", async () => {
    await host.files.write("/bin/runc", "1.1.5");

    const paths = await Promise.all([program.path(), program.path(), program.path()]);

    expect([new Set(paths).size, copies()]).toEqual([1, 1]);
  });

  it("is copied anew when it was replaced on disk", async () => {
    await host.files.write("/bin/runc", "1.1.5");
    await program.path();

    await host.files.writeAtomic("/bin/runc", "1.1.6");
    await program.path();

    expect(copies()).toBe(2);
  });

  it("is started from disk where it is a link, or does not start from memory", async () => {
    await host.files.symlink("/bin/crun", "/bin/runc");
    const linked = await program.path();
    await host.files.remove("/bin/runc");
    await host.files.write("/bin/runc", "");
    host.processes.script(({ program: name }) => (name === "/bin/runc" ? { exitCode: 126 } : undefined));
    const refused = await program.path();

    expect([linked, refused]).toEqual(["/bin/runc", "/bin/runc"]);
  });
});
