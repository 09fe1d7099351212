/** How a program in a fake container ends: at once with a code and an output, or not before a signal. */
export type FakeProgram =
  | { readonly kind: "ends"; readonly exitCode: number; readonly output: string }
  | { readonly kind: "runs" }
  | { readonly kind: "missing" };

/** Says what a command does. */
export type FakePrograms = (args: readonly string[]) => FakeProgram;

/** The handful of commands that tests use: true, false, echo, sleep, and `sh -c "exit N"`; "nosuch" is not there, any other one runs on. */
export const commonPrograms: FakePrograms = (args) => {
  const [program = "", ...rest] = args;
  switch (program.slice(program.lastIndexOf("/") + 1)) {
    case "true":
      return { kind: "ends", exitCode: 0, output: "" };
    case "false":
      return { kind: "ends", exitCode: 1, output: "" };
    case "echo":
      return { kind: "ends", exitCode: 0, output: `${rest.join(" ")}\n` };
    case "sh":
      return shell(rest);
    case "nosuch":
      return { kind: "missing" };
    default:
      return { kind: "runs" };
  }
};

function shell([, script = ""]: readonly string[]): FakeProgram {
  const exit = /^exit (\d+)$/.exec(script.trim());
  return exit === null ? { kind: "runs" } : { kind: "ends", exitCode: Number(exit[1]), output: "" };
}
