import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Console } from "./console.ts";
import { openScreen } from "./screen.ts";

const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

function open() {
  const events: string[] = [];
  const output = new PassThrough();
  const input = new PassThrough();
  let end: () => void = () => undefined;
  const console: Console = {
    input,
    output,
    errors: new PassThrough(),
    isTerminal: true,
    size: () => ({ columns: 20, rows: 2 }),
    errorsSize: () => undefined,
    onResize: () => () => void events.push("no more sizes"),
    onEnd: (listener) => {
      end = listener;
      return () => void events.push("no more ends");
    },
    setRaw: (isRaw) => void events.push(isRaw ? "raw" : "cooked"),
    release: () => void events.push("released"),
  };
  const keys: string[] = [];
  const screen = openScreen(console, { onKeys: (pressed) => void keys.push(pressed), onResize: () => undefined });
  const written = (): string => String((output.read() as Buffer | null) ?? "");
  return { screen, events, keys, input, written, end: () => end() };
}

test("openScreen() takes the other screen and every key; close() gives both back, once", () => {
  const { screen, events, written } = open();
  expect([written(), events.splice(0)]).toEqual([enter, ["raw"]]);

  screen.close();
  screen.close();

  expect(written()).toBe(leave);
  expect(events.filter((event) => event === "cooked")).toHaveLength(1);
  expect(events).toContain("released");
});

test("the end of the program gives the terminal back, too, and nothing is drawn after it", () => {
  const { screen, events, written, end } = open();
  written();

  end();
  screen.draw(["late"]);
  screen.close();

  expect(written()).toBe(leave);
  expect(events.filter((event) => event === "cooked")).toHaveLength(1);
});

test("draw() shows as many lines as there is room for, and leaves nothing of an earlier one", () => {
  const { screen, written } = open();
  written();

  screen.draw(["one", "two", "three"]);

  expect(written()).toBe("\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J");
});

test("keys are told as the terminal sends them", async () => {
  const { keys, input } = open();

  input.write("\x1b[A");
  await new Promise((resolve) => setImmediate(resolve));

  expect(keys).toEqual(["\x1b[A"]);
});
