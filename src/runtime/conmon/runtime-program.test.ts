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

  it.each([
    ["names hierarchies", "   --cgroup value  run in a sub-cgroup. Format is [<controller>:]<cgroup>.\n", [true, true]],
    ["knows one only", "      --cgroup=PATH          sub-cgroup in the container\n", [false, true]],
    ["knows none", "   --cgroupish value   something else\n   --tty\n", [false, false]],
  ])("divides cgroups of v1 and v2 as far as its exec %s", async (_what, usage, expected) => {
    await host.files.write("/bin/runc", "1.1.5");
    host.processes.script(({ args }) =>
      args.join(" ") === "exec --help" ? { exitCode: 0, stdout: usage } : undefined,
    );

    await program.path();

    expect([await program.dividesCgroups("v1"), await program.dividesCgroups("v2")]).toEqual(expected);
  });

  it("has an update when it says how that is used, and is asked once", async () => {
    await host.files.write("/bin/runc", "1.1.5");
    const asked: string[] = [];
    let exitCode = 0;
    host.processes.script(({ args }) => {
      if (args[0] !== "update") return undefined;
      asked.push(args.join(" "));
      return { exitCode };
    });

    const found = [await program.hasUpdate(), await program.hasUpdate()];
    await host.files.writeAtomic("/bin/runc", "another");
    exitCode = 128;
    found.push(await program.hasUpdate());

    expect(found).toEqual([true, true, false]);
    expect(asked).toEqual(["update --help", "update --help"]);
  });

  it("tells numbers of a kernel of its own when the help of its exec says so, and is asked once", async () => {
    await host.files.write("/bin/runc", "runsc");
    const asked: string[] = [];
    let stdout = "  -internal-pid-file string\n    \tfilename that the container-internal pid will be written to\n";
    host.processes.script(({ args }) => {
      if (args[0] !== "help") return undefined;
      asked.push(args.join(" "));
      return { exitCode: 0, stdout };
    });

    const found = [await program.tellsGuestPid(), await program.tellsGuestPid()];
    await host.files.writeAtomic("/bin/runc", "another");
    stdout = "   --pid-file value   file to write the process id to\n";
    found.push(await program.tellsGuestPid());

    expect(found).toEqual([true, true, false]);
    expect(asked).toEqual(["help exec", "help exec"]);
  });

  it("is asked once what its exec can do, and never where it is started from disk", async () => {
    await host.files.write("/bin/runc", "1.1.5");
    const asked: (readonly string[])[] = [];
    host.processes.script(({ args }) => {
      if (args[0] !== "exec") return undefined;
      asked.push(args);
      return { exitCode: 1 };
    });

    await program.path();

    await Promise.all([program.dividesCgroups("v1"), program.dividesCgroups("v1")]);
    await host.files.remove("/bin/runc");
    await host.files.symlink("/bin/crun", "/bin/runc");
    await program.path();
    const linked = await program.dividesCgroups("v1");

    expect([asked, linked]).toEqual([[["exec", "--help"]], false]);
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
