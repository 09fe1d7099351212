import { expect, test } from "vitest";
import { readSupervision } from "./supervision.ts";

test("readSupervision() finds nothing where no service manager is", () => {
  expect(readSupervision({}, 7)).toEqual({ notifySocket: undefined, watchdogMs: undefined, listenFd: undefined });
});

test("readSupervision() reads the socket, the watchdog's time and the passed socket", () => {
  const env = {
    NOTIFY_SOCKET: "/run/notify",
    WATCHDOG_USEC: "30000000",
    WATCHDOG_PID: "7",
    LISTEN_PID: "7",
    LISTEN_FDS: "1",
  };
  expect(readSupervision(env, 7)).toEqual({ notifySocket: "/run/notify", watchdogMs: 30_000, listenFd: 3 });
});

test("readSupervision() leaves alone what is meant for another process", () => {
  const env = { WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8", LISTEN_PID: "8", LISTEN_FDS: "1" };
  expect(readSupervision(env, 7)).toMatchObject({ watchdogMs: undefined, listenFd: undefined });
});

test("readSupervision() refuses more sockets than one", () => {
  expect(() => readSupervision({ LISTEN_PID: "7", LISTEN_FDS: "2" }, 7)).toThrow(
    "LISTEN_FDS: 2 sockets were passed, and one is served",
  );
});
