import { assertNever } from "#foundation";
import { callNumbers, type Encoder, type Jump, type Operand, type Plain } from "./instructions.ts";

/** Registers of a call's arguments (rdi, rsi, rdx, r10, r8, r9): their number, and whether it is one of the upper eight. */
const argumentRegisters = [
  [7, 0],
  [6, 0],
  [2, 0],
  [2, 1],
  [0, 1],
  [1, 1],
] as const;

const conditions = { "if-zero": 0x84, "if-negative": 0x88, "if-positive": 0x8f } as const;

/**
 * The code of x86-64: the number at hand is in rax, the address of the state in rbx, and rcx is for a moment.
 *
 * @see https://www.felixcloutier.com/x86/
 */
export const amd64: Encoder = { plain: encodePlain, jump: encodeJump };

function encodePlain(instruction: Plain): readonly number[] {
  switch (instruction.do) {
    case "set":
      return [0x48, 0xc7, 0xc0, ...four(instruction.value)]; // mov rax, value
    case "load":
      return [0x48, 0x8b, 0x83, ...four(instruction.word)]; // mov rax, [rbx+word]
    case "store":
      return [0x48, 0x89, 0x83, ...four(instruction.word)]; // mov [rbx+word], rax
    case "add":
      return [0x48, 0x03, 0x83, ...four(instruction.word)]; // add rax, [rbx+word]
    case "subtract":
      return [0x48, 0x2b, 0x83, ...four(instruction.word)]; // sub rax, [rbx+word]
    case "increase":
      return [0x48, 0x05, ...four(instruction.by)]; // add rax, by
    case "byte":
      return [0x0f, 0xb6, 0x04, 0x03]; // movzx eax, byte [rbx+rax]
    case "eight":
      return [0x48, 0x8b, 0x04, 0x03]; // mov rax, [rbx+rax]
    case "put-byte":
      return [...offsetIn(instruction.at), 0x88, 0x04, 0x0b]; // mov [rbx+rcx], al
    case "put-zeros":
      return [...offsetIn(instruction.at), 0x48, 0xc7, 0x04, 0x0b, ...four(0)]; // mov qword [rbx+rcx], 0
    case "argument":
      return [0x48, 0x8b, 0x44, 0x24, 8 + 8 * instruction.index]; // mov rax, [rsp+8+8*index]
    case "state":
      return [0x48, 0x89, 0xc3]; // mov rbx, rax
    case "call":
      // mov eax, number; syscall
      return [
        ...instruction.with.flatMap(encodeOperand),
        0xb8,
        ...four(callNumbers[instruction.name].amd64),
        0x0f,
        0x05,
      ];
    default:
      return assertNever(instruction, "instruction");
  }
}

function encodeJump(jump: Jump, distance: number): readonly number[] {
  if (jump.do === "jump") return [0xe9, ...four(distance - 5)]; // jmp
  return [0x48, 0x85, 0xc0, 0x0f, conditions[jump.do], ...four(distance - 9)]; // test rax, rax; je, js or jg
}

function encodeOperand(operand: Operand, index: number): readonly number[] {
  const [register, isUpper] = argumentRegisters[index] ?? [0, 0];
  const fromMemory = (opcode: number, word: number): readonly number[] => [
    0x48 | (isUpper << 2),
    opcode,
    0x83 | (register << 3),
    ...four(word),
  ];
  if (typeof operand === "number") return [0x48 | isUpper, 0xc7, 0xc0 | register, ...four(operand)]; // mov register, operand
  if ("word" in operand) return fromMemory(0x8b, operand.word); // mov register, [rbx+word]
  if ("addressOf" in operand) return fromMemory(0x8d, operand.addressOf); // lea register, [rbx+word]
  // mov register, [rbx+word]; add register, rbx
  return [...fromMemory(0x8b, operand.addressIn), 0x48 | isUpper, 0x01, 0xd8 | register];
}

/** mov rcx, [rbx+word] */
function offsetIn(word: number): readonly number[] {
  return [0x48, 0x8b, 0x8b, ...four(word)];
}

function four(value: number): readonly number[] {
  return [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);
}
