import type { Console, ConsoleSize } from "./console.ts";

const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const home = "\x1b[H";
const clearRestOfLine = "\x1b[K";
const clearRest = "\x1b[J";

/** Of a terminal that does not tell. */
const usualSize: ConsoleSize = { columns: 80, rows: 24 };

export interface Screen {
  size(): ConsoleSize;
  /** Shows these lines from the top, as many as there is room for. */
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. May be called again. */
  close(): void;
}

export interface ScreenEvents {
  /** Keys were pressed: as the terminal sends them. */
  readonly onKeys: (keys: string) => void;
  readonly onResize: () => void;
}

/**
 * Takes the whole terminal, on its other screen: what was on it comes back.
 *
 * It is given back when the program ends without having closed it, too,
 * whatever ends it, except for SIGKILL and SIGSTOP.
 */
export function openScreen(console: Console, events: ScreenEvents): Screen {
  const onData = (typed: Buffer | string): void => events.onKeys(typed.toString());
  let isOpen = true;
  const restore = (): void => {
    if (!isOpen) return;
    isOpen = false;
    if (console.isTerminal) console.setRaw(false);
    console.output.write(leave);
  };
  const endWatch = console.onEnd(restore);
  const endResizing = console.onResize(events.onResize);
  if (console.isTerminal) console.setRaw(true);
  console.input.on("data", onData);
  console.output.write(enter);
  const size = (): ConsoleSize => {
    const told = console.size();
    return told === undefined || told.columns === 0 ? usualSize : told;
  };
  return {
    size,
    draw: (lines) => {
      const shown = lines.slice(0, size().rows);
      if (isOpen)
        console.output.write(`${home}${shown.map((line) => line + clearRestOfLine).join("\r\n")}${clearRest}`);
    },
    close: () => {
      restore();
      endWatch();
      endResizing();
      console.input.off("data", onData);
      console.release();
    },
  };
}
