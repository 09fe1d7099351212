import { describe, expect, it } from "vitest";
import { amd64 } from "./amd64.ts";
import { arm64 } from "./arm64.ts";
import { assemble } from "./assemble.ts";
import type { Instruction, Plain } from "./instructions.ts";

const headersBytes = 120;
const word = 0x90;

/** What GNU as makes of the lines that stand beside the encoders; of arm64 each instruction as a number. */
const encoded: readonly (readonly [Plain, amd64: string, arm64: string])[] = [
  [{ do: "set", value: -100 }, "48c7c09cffffff", "92800c60"],
  [{ do: "set", value: 100_000_000 }, "48c7c000e1f505", "d29c2000 f2a0bea0"],
  [{ do: "load", word }, "488b8390000000", "f9404a60"],
  [{ do: "store", word }, "48898390000000", "f9004a60"],
  [{ do: "add", word }, "48038390000000", "f9404a69 8b090000"],
  [{ do: "subtract", word }, "482b8390000000", "f9404a69 cb090000"],
  [{ do: "increase", by: 1 }, "480501000000", "91000400"],
  [{ do: "increase", by: -512 }, "480500feffff", "d1080000"],
  [{ do: "byte" }, "0fb60403", "38606a60"],
  [{ do: "eight" }, "488b0403", "f8606a60"],
  [{ do: "put-byte", at: word }, "488b8b90000000 88040b", "f9404a69 38296a60"],
  [{ do: "put-zeros", at: word }, "488b8b90000000 48c7040b00000000", "f9404a69 f8296a7f"],
  [{ do: "argument", index: 1 }, "488b442410", "f9400be0"],
  [{ do: "state" }, "4889c3", "aa0003f3"],
  [
    {
      do: "call",
      name: "mmap",
      with: [{ word }, { addressOf: word }, { addressIn: word }, 8, { addressIn: word }, { addressOf: word }],
    },
    "488bbb90000000 488db390000000 488b93900000004801da 49c7c208000000 4c8b83900000004901d8 4c8d8b90000000 b809000000 0f05",
    "f9404a60 91024261 f9404a62 8b130042 d2800103 f9404a64 8b130084 91024265 d2801bc8 d4000001",
  ],
];

/** Bytes as objdump shows them: of arm64 four make a number. */
function shown(bytes: readonly number[] | Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function numbers(text: string): string {
  const words = text.split(" ").map((hex) => Buffer.from(hex, "hex").reverse());
  return Buffer.concat(words).toString("hex");
}

describe("assemble()", () => {
  it.each(encoded)("says %j as the processors do", (instruction, expected64, expectedArm) => {
    expect(shown(amd64.plain(instruction))).toBe(expected64.replaceAll(" ", ""));
    expect(shown(arm64.plain(instruction))).toBe(numbers(expectedArm));
  });

  const jumps: readonly Instruction[] = [
    { do: "label", name: "start" },
    { do: "if-zero", to: "end" },
    { do: "if-negative", to: "end" },
    { do: "if-positive", to: "start" },
    { do: "jump", to: "start" },
    { do: "label", name: "end" },
  ];

  it("leads jumps forwards and backwards to their labels", () => {
    expect(shown(assemble("amd64", jumps)).slice(2 * headersBytes)).toBe(
      "4885c00f8417000000" + "4885c00f880e000000" + "4885c00f8fe5ffffff" + "e9e0ffffff",
    );
    // cbz x0, .+24; cmp x0, #0; b.lt .+16; cmp x0, #0; b.gt .-16; b .-20
    expect(shown(assemble("arm64", jumps)).slice(2 * headersBytes)).toBe(
      numbers("b40000c0 f100001f 5400008b f100001f 54ffff8c 17fffffb"),
    );
  });

  it("refuses a jump to nowhere", () => {
    expect(() => assemble("amd64", [{ do: "jump", to: "nowhere" }])).toThrow("there is no label nowhere");
  });
});
