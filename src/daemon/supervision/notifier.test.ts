import { expect, test } from "vitest";
import { silentLogger } from "#foundation";
import { FakeHost } from "#host";
import { createNotifier } from "./notifier.ts";

test("a notifier tells each state", () => {
  const { sockets } = new FakeHost();
  const received = sockets.receiveDatagrams("/run/notify");
  const notifier = createNotifier("/run/notify", { sockets, logger: silentLogger });

  notifier.ready();
  notifier.reloading();
  notifier.alive();
  notifier.stopping();

  expect(received).toEqual([
    "READY=1\nSTATUS=serving",
    expect.stringMatching(/^RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=reloading$/),
    "WATCHDOG=1",
    "STOPPING=1\nSTATUS=stopping",
  ]);
});

test("a notifier survives a service manager that is gone, and says so", () => {
  const { sockets } = new FakeHost();
  const warnings: unknown[] = [];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };

  createNotifier("/run/notify", { sockets, logger }).ready();

  expect(warnings).toEqual(["service manager was not told"]);
});
