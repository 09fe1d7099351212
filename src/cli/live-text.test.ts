import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Console, ConsoleSize } from "./console.ts";
import { openLiveText } from "./live-text.ts";

function open(size: ConsoleSize | undefined) {
  const written: string[] = [];
  const current = { size };
  let resized: () => void = () => undefined;
  const console: Pick<Console, "size" | "onResize"> = {
    size: () => current.size,
    onResize: (listener) => {
      resized = listener;
      return () => {
        resized = () => undefined;
      };
    },
  };
  const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
  const nothing = (): void => undefined;
  const rest = { isTerminal: true, errorsSize: nothing, setRaw: nothing, release: nothing, onEnd: () => nothing };
  const terminal = {
    write: async (text: unknown) => void written.push(String(text)),
    writeError: async () => undefined,
    say: nothing,
  };
  const live = openLiveText({ terminal, console: { ...streams, ...rest, errorsSize: () => undefined, ...console } });
  const resize = (next: ConsoleSize): void => {
    current.size = next;
    resized();
  };
  return { live, written, resize };
}

test("a later text takes the place of the one before, and leaves nothing of it", async () => {
  const { live, written } = open({ columns: 20, rows: 10 });

  await live.show("one\ntwo\n");
  await live.show("three\n");

  expect(written).toEqual(["\x1b[H\x1b[2Jone\x1b[K\ntwo\x1b[K\n\x1b[J", "\x1b[Hthree\x1b[K\n\x1b[J"]);
});

test("a text is cut to the terminal, and drawn anew when that gets another size", async () => {
  const { live, written, resize } = open({ columns: 20, rows: 10 });
  await live.show("a-long-line\nsecond\nthird\n");

  resize({ columns: 6, rows: 3 });

  expect(written[1]).toBe("\x1b[H\x1b[2Ja-long\x1b[K\nsecond\x1b[K\n\x1b[J");
});

test("nothing is drawn after the end, or before there is a text", async () => {
  const { live, written, resize } = open({ columns: 20, rows: 10 });

  resize({ columns: 6, rows: 3 });
  live.close();
  resize({ columns: 7, rows: 3 });

  expect(written).toEqual([]);
});

test("where there is no terminal, texts follow each other without a control character", async () => {
  const { live, written } = open(undefined);

  await live.show("one\n");
  await live.show("two\n");

  expect(written).toEqual(["one\n", "\ntwo\n"]);
});
