import { expect, test } from "vitest";
import { FakeHost } from "#host";
import { takeShutdownMark } from "./shutdown-mark.ts";

test("the first start of all is clean, the one after a crash is not, the one after an orderly stop is", async () => {
  const { files } = new FakeHost();
  await files.makeDirectory("/root");
  await files.write("/root/lock", "1");
  const first = await takeShutdownMark(files, "/root");
  await files.write("/root/store.db", "");
  const afterCrash = await takeShutdownMark(files, "/root");
  await afterCrash.leave();
  const afterStop = await takeShutdownMark(files, "/root");
  const afterAnotherCrash = await takeShutdownMark(files, "/root");

  const marks = [first, afterCrash, afterStop, afterAnotherCrash];
  expect(marks.map(({ wasClean }) => wasClean)).toEqual([true, false, true, false]);
});
