import { expect, it } from "vitest";
import { isErrno, SystemError } from "./errno.ts";

it.each([
  [2, "ENOENT"],
  [10, "ECHILD"],
  [11, "EAGAIN"],
])("SystemError names error %i as %s", (errno, name) => {
  expect(isErrno(new SystemError("call", errno), name)).toBe(true);
});
