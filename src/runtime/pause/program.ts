/** One instruction, or one field of data, and what it says. */
type Line = readonly [bytes: readonly number[], meaning: string];

interface Target {
  /** e_machine of the ELF header. */
  readonly machine: number;
  /** p_align, and with it the distance between file offset and address. */
  readonly pageSize: number;
  readonly code: readonly Line[];
}

const headerBytes = 64;
const segmentBytes = 56;
const loadAddress = 0x40_0000n;

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

const amd64: Target = {
  machine: 62,
  pageSize: 0x1000,
  code: [
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
  ],
};

const arm64: Target = {
  machine: 183,
  // The kernel may have pages of up to 64 KiB.
  pageSize: 0x1_0000,
  code: [
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
  ],
};

/**
 * Builds the program that is process 1 of a pod whose containers share a PID namespace: a static ELF file of some 200 bytes.
 *
 * It sleeps for ever and lets the kernel reap orphans. Process 1 of a namespace takes no signal that it does not handle,
 * so nothing inside the pod can end it; it goes with SIGKILL from outside.
 *
 * @see https://man7.org/linux/man-pages/man5/elf.5.html
 */
export function buildPauseProgram(architecture: "amd64" | "arm64"): Uint8Array {
  const target = architecture === "amd64" ? amd64 : arm64;
  const code = Buffer.from(target.code.flatMap(([bytes]) => bytes));
  const size = BigInt(headerBytes + segmentBytes + code.length);
  return Buffer.concat([elfHeader(target), segmentHeader(target, size), code]);
}

function elfHeader({ machine }: Target): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 0); // ELF, 64 bit, little-endian, version 1
  header.writeUInt16LE(2, 16); // e_type: an executable at a fixed address
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20); // e_version
  header.writeBigUInt64LE(loadAddress + BigInt(headerBytes + segmentBytes), 24); // e_entry
  header.writeBigUInt64LE(BigInt(headerBytes), 32); // e_phoff
  header.writeUInt16LE(headerBytes, 52); // e_ehsize
  header.writeUInt16LE(segmentBytes, 54); // e_phentsize
  header.writeUInt16LE(1, 56); // e_phnum
  return header;
}

/** The whole file is one segment, readable and executable. */
function segmentHeader({ pageSize }: Target, size: bigint): Buffer {
  const header = Buffer.alloc(segmentBytes);
  header.writeUInt32LE(1, 0); // p_type: PT_LOAD
  header.writeUInt32LE(5, 4); // p_flags: read, execute
  header.writeBigUInt64LE(0n, 8); // p_offset
  header.writeBigUInt64LE(loadAddress, 16); // p_vaddr
  header.writeBigUInt64LE(loadAddress, 24); // p_paddr
  header.writeBigUInt64LE(size, 32); // p_filesz
  header.writeBigUInt64LE(size, 40); // p_memsz
  header.writeBigUInt64LE(BigInt(pageSize), 48); // p_align
  return header;
}
