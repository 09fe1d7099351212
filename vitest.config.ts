import type { ViteUserConfig } from "vitest/config";
import { slowness } from "./test/support/slowness.ts";

/** As all deadlines here: long enough for a machine that does much else. */
const pollTimeoutMs = 20_000;

const config: ViteUserConfig = {
  test: {
    teardownTimeout: 60_000,
    projects: [
      {
        test: {
          name: "unit",
          expect: { poll: { timeout: pollTimeoutMs } },
          include: ["src/**/*.test.ts", "scripts/**/*.test.ts", "conformance/**/*.test.ts"],
          restoreMocks: true,
          // A deadline against hanging, no measure: property tests take seconds on a machine that does much else.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          expect: { poll: { timeout: pollTimeoutMs * slowness } },
          include: ["test/**/*.test.ts"],
          exclude: ["test/canary/**"],
          // Most of a case is waiting. Two files may share a kernel, because each looks only at what bears its own names.
          maxWorkers: 2,
          retry: 0,
          testTimeout: 60_000 * slowness,
          hookTimeout: 60_000 * slowness,
        },
      },
    ],
  },
};

export default config;
