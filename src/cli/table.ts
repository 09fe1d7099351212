/** Narrowest column: tables of few short rows then look alike. */
const leastColumnWidth = 20;
const gap = 3;

/** Aligns rows in columns, as wide as their widest cell; the last column is not padded. */
export function formatTable(rows: readonly (readonly string[])[], leastWidth: number = leastColumnWidth): string {
  const widths = columnWidths(rows, leastWidth);
  return rows.map((row) => formatRow(row, widths)).join("");
}

function columnWidths(rows: readonly (readonly string[])[], leastWidth: number): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? leastWidth, lengthOf(cell) + gap);
    }
  }
  return widths;
}

function formatRow(row: readonly string[], widths: readonly number[]): string {
  const last = row.length - 1;
  const cells = row.map((cell, column) =>
    column === last ? cell : cell + " ".repeat((widths[column] ?? 0) - lengthOf(cell)),
  );
  return `${cells.join("")}\n`;
}

/** Characters, not UTF-16 units. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
