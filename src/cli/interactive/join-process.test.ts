import { PassThrough } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { RemoteProcess } from "#client";
import { Fault } from "#foundation";
import type { Console } from "../console.ts";
import { joinProcess } from "./join-process.ts";

function create() {
  const events: string[] = [];
  let exit: (code: number) => void = () => undefined;
  let resized: () => void = () => undefined;
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const remote: RemoteProcess = {
    ...streams,
    exitCode: new Promise((resolve) => (exit = resolve)),
    resize: ({ columns, rows }) => void events.push(`size ${columns}x${rows}`),
    close: () => void events.push("closed"),
  };
  const written = { output: new PassThrough(), errors: new PassThrough() };
  const input = new PassThrough();
  const console: Console = {
    input,
    ...written,
    isTerminal: true,
    errorsSize: () => undefined,
    size: () => ({ columns: 80, rows: 24 }),
    onResize: (listener) => {
      resized = listener;
      return () => void events.push("no more sizes");
    },
    onEnd: () => () => undefined,
    setRaw: (isRaw) => void events.push(isRaw ? "raw" : "cooked"),
    release: () => void events.push("released"),
  };
  const abort = new AbortController();
  return {
    remote,
    console,
    streams,
    written,
    input,
    events,
    abort,
    exit: (code: number) => exit(code),
    resize: () => resized(),
  };
}

test("joinProcess() writes all output before it tells the exit code", async () => {
  const { remote, console, streams, written, exit, abort } = create();
  const joined = joinProcess(remote, console, { tty: false, signal: abort.signal });

  exit(4);
  await nextTurn();
  streams.stdout.end("late output");
  streams.stderr.end("late error");

  expect(await joined).toEqual({ kind: "exited", exitCode: 4 });
  expect([String(written.output.read()), String(written.errors.read())]).toEqual(["late output", "late error"]);
});

test("joinProcess() makes the console the process's terminal, and gives it back", async () => {
  const { remote, console, streams, events, exit, abort, resize } = create();
  const joined = joinProcess(remote, console, { tty: true, signal: abort.signal });

  resize();
  streams.stdout.end();
  streams.stderr.end();
  streams.stdout.resume();
  exit(0);
  await joined;

  expect(events).toEqual(["size 80x24", "raw", "size 80x24", "cooked", "no more sizes", "released", "closed"]);
});

test("joinProcess() leaves at Ctrl-P Ctrl-Q, after what was typed before it", async () => {
  const { remote, console, streams, events, input, abort } = create();
  const joined = joinProcess(remote, console, { tty: true, signal: abort.signal });

  input.write("ls\r");
  input.write("\x10\x11");

  expect(await joined).toEqual({ kind: "detached" });
  expect(String(streams.stdin.read())).toBe("ls\r");
  expect(events.slice(-1)).toEqual(["closed"]);
});

test("joinProcess() passes Ctrl-P Ctrl-Q on where there is no terminal, and the end of input", async () => {
  const { remote, console, streams, input, abort, exit } = create();
  const joined = joinProcess(remote, console, { tty: false, signal: abort.signal });
  const ended = new Promise((resolve) => streams.stdin.on("end", resolve));

  input.end("\x10\x11");
  await nextTurn();
  const passed = String(streams.stdin.read());
  await ended;
  streams.stdout.end();
  streams.stderr.end();
  exit(0);
  await joined;

  expect(passed).toBe("\x10\x11");
});

test("joinProcess() gives the console back when the person presses Ctrl-C", async () => {
  const { remote, console, events, abort } = create();
  const joined = joinProcess(remote, console, { tty: true, signal: abort.signal });

  abort.abort(new Fault("canceled", "interrupted"));

  await expect(joined).rejects.toMatchObject({ kind: "canceled" });
  expect(events.slice(-4)).toEqual(["cooked", "no more sizes", "released", "closed"]);
});
