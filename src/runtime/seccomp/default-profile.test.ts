import { describe, expect, it } from "vitest";
import type { OciSeccomp, OciSeccompSyscall } from "#spec";
import { compileSeccompProfile, type SeccompTarget } from "./compile-profile.ts";
import { createDefaultSeccompProfile } from "./default-profile.ts";

const plain: SeccompTarget = { architecture: "amd64", kernelRelease: "6.1.0-18-amd64", capabilities: ["CAP_CHOWN"] };

function compiled(changes: Partial<SeccompTarget> = {}): OciSeccomp {
  return compileSeccompProfile(createDefaultSeccompProfile(), { ...plain, ...changes });
}

function rulesFor({ syscalls }: OciSeccomp, name: string): readonly OciSeccompSyscall[] {
  return syscalls.filter(({ names }) => names.includes(name));
}

describe("the default seccomp profile", () => {
  it("refuses what it does not name, with EPERM", () => {
    expect(compiled()).toMatchObject({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1 });
  });

  it.each(["read", "execve", "mmap", "futex", "epoll_wait", "clock_gettime", "getrandom", "rseq", "statx", "ptrace"])(
    "allows %s",
    (name) => {
      expect(rulesFor(compiled(), name)).toMatchObject([{ action: "SCMP_ACT_ALLOW" }]);
    },
  );

  it.each([
    "mount",
    "unshare",
    "setns",
    "bpf",
    "kexec_load",
    "init_module",
    "open_by_handle_at",
    "io_uring_setup",
    "keyctl",
    "add_key",
    "userfaultfd",
    "reboot",
    "swapon",
    "settimeofday",
    "syslog",
  ])("does not allow %s", (name) => {
    expect(rulesFor(compiled(), name)).toEqual([]);
  });

  it.each([
    ["CAP_SYS_ADMIN", "mount"],
    ["CAP_SYS_MODULE", "init_module"],
    ["CAP_DAC_READ_SEARCH", "open_by_handle_at"],
    ["CAP_SYS_TIME", "settimeofday"],
    ["CAP_SYSLOG", "syslog"],
    ["CAP_SYS_CHROOT", "chroot"],
  ])("opens with %s what belongs to it: %s", (capability, name) => {
    expect(rulesFor(compiled(), name)).toEqual([]);
    expect(rulesFor(compiled({ capabilities: [capability] }), name)).toMatchObject([{ action: "SCMP_ACT_ALLOW" }]);
  });

  it("lets nobody without CAP_SYS_ADMIN make namespaces", () => {
    expect(rulesFor(compiled(), "clone")).toMatchObject([
      { args: [{ index: 0, value: 0x7e02_0000, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }] },
    ]);
    expect(rulesFor(compiled(), "clone3")).toEqual([{ names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 }]);
  });

  it("allows any clone with CAP_SYS_ADMIN", () => {
    const profile = compiled({ capabilities: ["CAP_SYS_ADMIN"] });

    expect(rulesFor(profile, "clone").map(({ args }) => args)).toEqual([undefined]);
    expect(rulesFor(profile, "clone3")).toMatchObject([{ action: "SCMP_ACT_ALLOW" }]);
  });

  it("allows every socket but one to the machine that hosts this one", () => {
    expect(rulesFor(compiled(), "socket")).toMatchObject([{ args: [{ index: 0, value: 40, op: "SCMP_CMP_NE" }] }]);
  });

  it("allows only personalities that change nothing dangerous", () => {
    const values = rulesFor(compiled(), "personality").map(({ args }) => args?.[0]?.value);

    expect(values).toEqual([0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff]);
  });

  it("lets an old kernel trace nothing, because filters did not see traced calls there", () => {
    expect(rulesFor(compiled({ kernelRelease: "4.4.0" }), "ptrace")).toEqual([]);
  });

  it("names the architectures of an arm64 machine", () => {
    const profile = compiled({ architecture: "arm64" });

    expect(profile.architectures).toEqual(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]);
    expect(rulesFor(profile, "cacheflush")).toHaveLength(1);
  });

  it("names no call twice without a condition", () => {
    const names = compiled()
      .syscalls.filter(({ args }) => args === undefined)
      .flatMap((rule) => rule.names);

    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
