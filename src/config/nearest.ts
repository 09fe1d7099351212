/** Finds the candidate that takes the fewest edits of letters to become `text`; the first of equals. */
export function nearest(text: string, candidates: readonly string[]): string {
  let best = { candidate: "", edits: Number.POSITIVE_INFINITY };
  for (const candidate of candidates) {
    const edits = editDistance(text, candidate);
    if (edits < best.edits) best = { candidate, edits };
  }
  return best.candidate;
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of Array.from(from).entries()) {
    const next = [index + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
