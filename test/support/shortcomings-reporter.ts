import type { Reporter, TestModule } from "vitest/node";
import type { Shortcoming } from "./needing.ts";
import { handlerUnderTest } from "./test-handlers.ts";

/** Lists at the end of a run what the handler under test could not do, why, and which tests say so. */
export default class ShortcomingsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === "passed" && test.meta().shortcoming === undefined);
    const found = tests.flatMap((test) => {
      const { shortcoming } = test.meta();
      return shortcoming === undefined
        ? []
        : [{ ...shortcoming, name: `${test.module.relativeModuleId}: ${test.fullName}` }];
    });
    process.stdout.write(`${linesOf(handlerUnderTest().name, passed.length, found).join("\n")}\n`);
  }
}

interface Found extends Shortcoming {
  readonly name: string;
}

function linesOf(handler: string, passed: number, found: readonly Found[]): readonly string[] {
  const groups = Map.groupBy(found, ({ what, why }) => `${what}: ${why}`);
  const lists = [...groups].flatMap(([reason, tests]) => [
    `  cannot ${reason}`,
    ...tests.map(({ name }) => `    ${name}`),
  ]);
  return [`Handler ${handler}: ${passed} tests passed; ${found.length} need what it cannot do`, ...lists];
}
