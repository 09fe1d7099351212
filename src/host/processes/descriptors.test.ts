import { expect, it } from "vitest";
import type { Native } from "../native/native.ts";
import { ChildDescriptors } from "./descriptors.ts";

/** What a start would do, in its order, with descriptors that are no files. */
function stepsOf(targets: Readonly<Record<number, { readonly fd: number }>>): readonly string[] {
  const steps: string[] = [];
  const spawnActions = {
    open: (_actions: Buffer, fd: number, path: string) => steps.push(`${fd} = ${path}`),
    duplicate: (_actions: Buffer, from: number, to: number) => steps.push(`${to} = ${from}`),
    close: (_actions: Buffer, fd: number) => steps.push(`close ${fd}`),
    closeFrom: (_actions: Buffer, fd: number) => steps.push(`close from ${fd}`),
  };
  const native = { duplicate: (fd: number) => fd + 100, spawnActions } as unknown as Native;
  new ChildDescriptors(native, targets).addTo(Buffer.alloc(0));
  return steps;
}

it("are in their places before all others are closed", () => {
  expect(stepsOf({ 1: { fd: 20 } })).toEqual(["0 = /dev/null", "1 = 120", "2 = /dev/null", "close from 3"]);
});

it("leave nothing open between them", () => {
  expect(stepsOf({ 5: { fd: 20 } }).slice(-3)).toEqual(["close 3", "close 4", "close from 6"]);
});
