import { Fault } from "#foundation";
import { amd64 } from "./amd64.ts";
import { arm64 } from "./arm64.ts";
import { type Architecture, buildElf } from "./elf.ts";
import type { Encoder, Instruction } from "./instructions.ts";

const encoders: Readonly<Record<Architecture, Encoder>> = { amd64, arm64 };

/** Makes a program of its instructions: a static ELF file. */
export function assemble(architecture: Architecture, program: readonly Instruction[]): Uint8Array {
  const encoder = encoders[architecture];
  const places = placesOf(encoder, program);
  const code = program.flatMap((instruction, index) => {
    if (instruction.do === "label") return [];
    if (!("to" in instruction)) return encoder.plain(instruction);
    const place = places.labels.get(instruction.to);
    if (place === undefined) throw new Fault("broken", `assemble: there is no label ${instruction.to}`);
    return encoder.jump(instruction, place - (places.starts[index] ?? 0));
  });
  return buildElf(architecture, Buffer.from(code));
}

/** Where every instruction begins, and every label is. */
function placesOf(encoder: Encoder, program: readonly Instruction[]) {
  const starts: number[] = [];
  const labels = new Map<string, number>();
  let place = 0;
  for (const instruction of program) {
    starts.push(place);
    if (instruction.do === "label") labels.set(instruction.name, place);
    else place += ("to" in instruction ? encoder.jump(instruction, 0) : encoder.plain(instruction)).length;
  }
  return { starts, labels };
}
