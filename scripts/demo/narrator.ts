import { styleText } from "node:util";

/** Tells on standard output what the demo does, step by step, and how long each took. */
export class Narrator {
  #step = 0;
  readonly #width = Math.min(process.stdout.columns ?? 100, 100);

  /** A line that stands above everything. */
  title(text: string): void {
    console.log(`\n${style("bold", text)}`);
  }

  /** Runs one step. Its title and duration are printed when it has ended, well or not, and what it says below them. */
  async step<T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T> {
    this.#step += 1;
    const said: string[] = [];
    const startedAt = performance.now();
    try {
      return await work((text) => said.push(text));
    } finally {
      this.#printStep(title, performance.now() - startedAt);
      for (const text of said) this.note(text);
    }
  }

  /** Lines that belong to the step above. */
  note(text: string): void {
    for (const line of text.trimEnd().split("\n")) console.log(style("dim", `    ${line}`));
  }

  #printStep(title: string, durationMs: number): void {
    const head = `${String(this.#step).padStart(2)}  ${title}`;
    const duration = `${Math.round(durationMs)} ms`;
    console.log(
      `\n${style("bold", head)}${duration.padStart(Math.max(this.#width - head.length, duration.length + 2))}`,
    );
  }
}

function style(format: "bold" | "dim", text: string): string {
  return styleText(format, text, { stream: process.stdout });
}
