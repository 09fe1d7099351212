import { type Architecture, buildElf } from "../program/elf.ts";

/** One instruction, or one field of data, and what it says. */
type Line = readonly [bytes: readonly number[], meaning: string];

/**
 * struct sigaction of rt_sigaction(2): SIG_IGN, no flags, no restorer, an empty mask.
 *
 * Ignoring SIGCHLD is what makes the kernel reap every child by itself.
 */
const ignoreAction: readonly Line[] = [
  [[1, 0, 0, 0, 0, 0, 0, 0], "sa_handler = SIG_IGN"],
  [[0, 0, 0, 0, 0, 0, 0, 0], "sa_flags"],
  [[0, 0, 0, 0, 0, 0, 0, 0], "sa_restorer"],
  [[0, 0, 0, 0, 0, 0, 0, 0], "sa_mask"],
];

const amd64: readonly Line[] = [
  [[0xb8, 0x0d, 0x00, 0x00, 0x00], "mov eax, 13        ; rt_sigaction"],
  [[0xbf, 0x11, 0x00, 0x00, 0x00], "mov edi, 17        ; SIGCHLD"],
  [[0x48, 0x8d, 0x35, 0x13, 0x00, 0x00, 0x00], "lea rsi, [rip+19]  ; the action, behind the code"],
  [[0x31, 0xd2], "xor edx, edx       ; the old action is not wanted"],
  [[0x41, 0xba, 0x08, 0x00, 0x00, 0x00], "mov r10d, 8        ; size of the mask"],
  [[0x0f, 0x05], "syscall"],
  [[0xb8, 0x22, 0x00, 0x00, 0x00], "mov eax, 34        ; pause"],
  [[0x0f, 0x05], "syscall"],
  [[0xeb, 0xf7], "jmp -9             ; again, after a signal"],
  ...ignoreAction,
];

const arm64: readonly Line[] = [
  [[0xc8, 0x10, 0x80, 0xd2], "mov x8, #134       ; rt_sigaction"],
  [[0x20, 0x02, 0x80, 0xd2], "mov x0, #17        ; SIGCHLD"],
  [[0x81, 0x01, 0x00, 0x10], "adr x1, .+48       ; the action, behind the code"],
  [[0x02, 0x00, 0x80, 0xd2], "mov x2, #0         ; the old action is not wanted"],
  [[0x03, 0x01, 0x80, 0xd2], "mov x3, #8         ; size of the mask"],
  [[0x01, 0x00, 0x00, 0xd4], "svc #0"],
  [[0x28, 0x09, 0x80, 0xd2], "mov x8, #73        ; ppoll: there is no pause here"],
  [[0x00, 0x00, 0x80, 0xd2], "mov x0, #0         ; of no descriptors"],
  [[0x01, 0x00, 0x80, 0xd2], "mov x1, #0"],
  [[0x02, 0x00, 0x80, 0xd2], "mov x2, #0         ; without a deadline"],
  [[0x03, 0x00, 0x80, 0xd2], "mov x3, #0"],
  [[0x04, 0x00, 0x80, 0xd2], "mov x4, #0"],
  [[0x01, 0x00, 0x00, 0xd4], "svc #0"],
  [[0xf9, 0xff, 0xff, 0x17], "b .-28             ; again, after a signal"],
  ...ignoreAction,
];

/**
 * Builds the program that is process 1 of a pod whose containers share a PID namespace: a static ELF file of some 200 bytes.
 *
 * It sleeps for ever and lets the kernel reap orphans. Process 1 of a namespace takes no signal that it does not handle,
 * so nothing inside the pod can end it; it goes with SIGKILL from outside.
 */
export function buildPauseProgram(architecture: Architecture): Uint8Array {
  const lines = architecture === "amd64" ? amd64 : arm64;
  return buildElf(architecture, Buffer.from(lines.flatMap(([bytes]) => bytes)));
}
