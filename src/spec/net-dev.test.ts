import { expect, test } from "vitest";
import { decodeNetDev } from "./net-dev.ts";

const header = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;

test("decodeNetDev() reads the counters of both directions", () => {
  const text = `${header}    lo: 1 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0\n  eth0:18446744073709551615 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n`;

  expect(decodeNetDev(text)).toMatchObject([
    { name: "lo" },
    {
      name: "eth0",
      received: { bytes: 18_446_744_073_709_551_615n, packets: 2n, errors: 3n, dropped: 4n },
      sent: { bytes: 5n, packets: 6n, errors: 7n, dropped: 8n },
    },
  ]);
});

test.each(["", header, "eth0: 1 2 3\n", "eth0: 1 2 3 4 5 6 7 8 x\n"])("decodeNetDev(%j) finds nothing", (text) => {
  expect(decodeNetDev(text)).toEqual([]);
});
