import { expect, it } from "vitest";
import { errorsOf } from "./criu.ts";

it("errorsOf() takes out what went wrong first, without times and places, each once", () => {
  const log = [
    "(00.001) Version: 3.17.1 (gitid 0)",
    "(00.002) Error (criu/vdso.c:381): vdso: unexpected area",
    "Error (criu/tty.c:1): tty: no peer",
    "(00.003) Error (criu/vdso.c:381): vdso: unexpected area",
    "(00.004) Warn  (criu/x.c:1): no error (at all): fine",
    "(00.005) Error (criu/cr-dump.c:1): Dumping FAILED.",
    "(00.006) Error (criu/cr-dump.c:2): and so on",
  ];

  expect(errorsOf(log.join("\n"))).toEqual(["vdso: unexpected area", "tty: no peer", "Dumping FAILED."]);
  expect(errorsOf("")).toEqual([]);
});
