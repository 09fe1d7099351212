/** What ELF files of a processor have to say of it. */
interface Target {
  /** e_machine of the ELF header. */
  readonly machine: number;
  /** p_align, and with it the distance between file offset and address. */
  readonly pageSize: number;
}

export type Architecture = "amd64" | "arm64";

const targets: Readonly<Record<Architecture, Target>> = {
  amd64: { machine: 62, pageSize: 0x1000 },
  // The kernel may have pages of up to 64 KiB.
  arm64: { machine: 183, pageSize: 0x1_0000 },
};

const headerBytes = 64;
const segmentBytes = 56;
const loadAddress = 0x40_0000n;

/**
 * Makes a static ELF file of code that begins with its first byte and needs no memory but that of its text and its stack.
 *
 * @see https://man7.org/linux/man-pages/man5/elf.5.html
 */
export function buildElf(architecture: Architecture, code: Uint8Array): Uint8Array {
  const target = targets[architecture];
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
