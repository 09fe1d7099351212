import { type SortKey, sortKeys, type TopView } from "./render.ts";

/** What keys did: another view, or the end. */
export type KeyOutcome = TopView | "quit";

const ctrlC = "\x03";
const up = ["\x1b[A", "\x1bOA", "k"];
const down = ["\x1b[B", "\x1bOB", "j"];

/** Applies keys as a terminal sends them, several at once when they come fast. Others do nothing. */
export function pressKeys(view: TopView, keys: string): KeyOutcome {
  const pressed = keys.match(/\p{Cc}[[O][A-Z]|./gsu) ?? [];
  let current = view;
  for (const key of pressed) {
    if (key === "q" || key === ctrlC) return "quit";
    current = pressKey(current, key);
  }
  return current;
}

function pressKey(view: TopView, key: string): TopView {
  if (up.includes(key)) return { ...view, scroll: Math.max(0, view.scroll - 1) };
  if (down.includes(key)) return { ...view, scroll: view.scroll + 1 };
  const sort = (Object.keys(sortKeys) as SortKey[]).find((name) => sortKeys[name] === key);
  return sort === undefined ? view : { sort, scroll: 0 };
}
