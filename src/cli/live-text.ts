import type { ConsoleSize } from "./console.ts";
import type { Session } from "./session.ts";

const clearScreen = "\x1b[H\x1b[2J";
const home = "\x1b[H";
const clearRestOfLine = "\x1b[K";
const clearRest = "\x1b[J";

/** A text that changes while a person looks at it. */
export interface LiveText {
  show(text: string): Promise<void>;
  close(): void;
}

/**
 * Shows texts in place of each other, cut to the terminal, also when that gets
 * another size. Elsewhere than on a terminal each comes after the one before,
 * whole, with an empty line between.
 */
export function openLiveText({ terminal, console }: Pick<Session, "terminal" | "console">): LiveText {
  let shown: string | undefined;
  const draw = async (first: string): Promise<void> => {
    const size = console.size();
    if (size !== undefined && shown !== undefined) await terminal.write(first + frameOf(shown, size));
  };
  // What the old size has wrapped or left is not where it was: all of it goes.
  const endResizing = console.onResize(() => void draw(clearScreen));
  return {
    show: async (text) => {
      const isFirst = shown === undefined;
      shown = text;
      if (console.size() !== undefined) return await draw(isFirst ? clearScreen : home);
      await terminal.write(isFirst ? text : `\n${text}`);
    },
    close: endResizing,
  };
}

/** The last row stays free for the cursor. */
function frameOf(text: string, { columns, rows }: ConsoleSize): string {
  const lines = text
    .split("\n")
    .slice(0, -1)
    .slice(0, Math.max(1, rows - 1));
  const cut = lines.map((line) => `${Array.from(line).slice(0, columns).join("")}${clearRestOfLine}\n`);
  return cut.join("") + clearRest;
}
