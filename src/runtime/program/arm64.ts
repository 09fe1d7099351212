import { assertNever } from "#foundation";
import { callNumbers, type Encoder, type Jump, type Operand, type Plain } from "./instructions.ts";

/** Registers by what is in them: the address of the state, and what is needed for a moment. */
const state = 19;
const moment = 9;
/** Where the kernel expects the number of a call. */
const callNumber = 8;
const stack = 31;

/**
 * The code of AArch64: the number at hand is in x0. Every instruction is one number of 32 bits, lowest byte first.
 *
 * @see https://developer.arm.com/documentation/ddi0602/latest/Base-Instructions
 */
export const arm64: Encoder = {
  plain: (instruction) => encodePlain(instruction).flatMap(four),
  jump: (jump, distance) => encodeJump(jump, distance).flatMap(four),
};

function encodePlain(instruction: Plain): readonly number[] {
  switch (instruction.do) {
    case "set":
      return move(0, instruction.value);
    case "load":
      return [load(0, instruction.word)];
    case "store":
      return [0xf900_0000 | word(instruction.word) | (state << 5)]; // str x0, [x19, #word]
    case "add":
      return [load(moment, instruction.word), 0x8b00_0000 | (moment << 16)]; // add x0, x0, x9
    case "subtract":
      return [load(moment, instruction.word), 0xcb00_0000 | (moment << 16)]; // sub x0, x0, x9
    case "increase":
      return [(instruction.by < 0 ? 0xd100_0000 : 0x9100_0000) | (Math.abs(instruction.by) << 10)]; // sub or add x0, x0, #by
    case "byte":
      return [0x3860_6800 | (state << 5)]; // ldrb w0, [x19, x0]
    case "eight":
      return [0xf860_6800 | (state << 5)]; // ldr x0, [x19, x0]
    case "put-byte":
      return [load(moment, instruction.at), 0x3820_6800 | (moment << 16) | (state << 5)]; // strb w0, [x19, x9]
    case "put-zeros":
      return [load(moment, instruction.at), 0xf820_6800 | (moment << 16) | (state << 5) | 31]; // str xzr, [x19, x9]
    case "argument":
      return [0xf940_0000 | word(8 + 8 * instruction.index) | (stack << 5)]; // ldr x0, [sp, #8+8*index]
    case "state":
      return [0xaa00_03e0 | state]; // mov x19, x0
    case "call":
      return [
        ...instruction.with.flatMap((operand, index) => encodeOperand(operand, index)),
        ...move(callNumber, callNumbers[instruction.name].arm64),
        0xd400_0001, // svc #0
      ];
    default:
      return assertNever(instruction, "instruction");
  }
}

function encodeJump(jump: Jump, distance: number): readonly number[] {
  const isZero = 0xf100_001f; // cmp x0, #0
  switch (jump.do) {
    case "jump":
      return [0x1400_0000 | ((distance >> 2) & 0x3ff_ffff)]; // b
    case "if-zero":
      return [0xb400_0000 | far(distance)]; // cbz x0
    case "if-negative":
      return [isZero, 0x5400_000b | far(distance - 4)]; // b.lt
    case "if-positive":
      return [isZero, 0x5400_000c | far(distance - 4)]; // b.gt
    default:
      return assertNever(jump.do, "jump");
  }
}

function encodeOperand(operand: Operand, register: number): readonly number[] {
  if (typeof operand === "number") return move(register, operand);
  if ("word" in operand) return [load(register, operand.word)];
  // add xN, x19, #word
  if ("addressOf" in operand) return [0x9100_0000 | (operand.addressOf << 10) | (state << 5) | register];
  // ldr xN, [x19, #word]; add xN, xN, x19
  return [load(register, operand.addressIn), 0x8b00_0000 | (state << 16) | (register << 5) | register];
}

/** movn xN, or movz xN and, for what is longer, movk xN */
function move(register: number, value: number): readonly number[] {
  if (value < 0) return [0x9280_0000 | (~value << 5) | register];
  const [low, high] = [value & 0xffff, value >>> 16];
  return [0xd280_0000 | (low << 5) | register, ...(high === 0 ? [] : [0xf2a0_0000 | (high << 5) | register])];
}

/** ldr xN, [x19, #word] */
function load(register: number, offset: number): number {
  return 0xf940_0000 | word(offset) | (state << 5) | register;
}

/** An offset counts in words. */
function word(offset: number): number {
  return (offset >> 3) << 10;
}

/** A conditional jump's distance counts in instructions. */
function far(distance: number): number {
  return ((distance >> 2) & 0x7_ffff) << 5;
}

function four(value: number): readonly number[] {
  return [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);
}
