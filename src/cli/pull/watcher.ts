import type { PullProgress } from "#proto/crisp/v1/admin_pb.js";
import type { Session } from "../session.ts";
import { renderBars, renderOutcome, stageWord } from "./render.ts";

/** Shows how far a pull is. */
export interface PullWatcher {
  show(progress: PullProgress): Promise<void>;
}

const eraseLine = "\u001b[2K";

/** Bars that are drawn over on a terminal, lines anywhere else. */
export function createWatcher(session: Session): PullWatcher {
  return session.console.errorsSize() === undefined ? new LineWatcher(session) : new BarWatcher(session);
}

/** A line of JSON for each change, on standard output: data. */
export class EventWatcher implements PullWatcher {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async show({ layers, imageRef }: PullProgress): Promise<void> {
    const event = {
      layers: layers.map(({ digest, stage, receivedBytes, totalBytes }) => ({
        digest,
        stage: stageWord(stage),
        // As everywhere in crisp's JSON, 64-bit numbers are texts.
        receivedBytes: String(receivedBytes),
        totalBytes: String(totalBytes),
      })),
      ...(imageRef === "" ? {} : { imageRef }),
    };
    await this.#session.terminal.write(`${JSON.stringify(event)}\n`);
  }
}

class BarWatcher implements PullWatcher {
  readonly #session: Session;
  #drawnLines = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  async show({ layers }: PullProgress): Promise<void> {
    const { console, terminal } = this.#session;
    const lines = renderBars(layers, console.errorsSize() ?? { columns: 80, rows: 24 });
    const back = this.#drawnLines === 0 ? "" : `\u001b[${this.#drawnLines}A`;
    // Fewer lines than before leave empty ones below, so that nothing stale stays.
    const blank = Array.from({ length: Math.max(0, this.#drawnLines - lines.length) }, () => "");
    await terminal.writeError(back + [...lines, ...blank].map((line) => `${eraseLine}${line}\n`).join(""));
    this.#drawnLines = lines.length + blank.length;
  }
}

class LineWatcher implements PullWatcher {
  readonly #session: Session;
  readonly #told = new Set<string>();

  constructor(session: Session) {
    this.#session = session;
  }

  async show({ layers }: PullProgress): Promise<void> {
    for (const layer of layers) {
      const line = renderOutcome(layer);
      if (line === undefined || this.#told.has(layer.digest)) continue;
      this.#told.add(layer.digest);
      this.#session.terminal.say(line);
    }
  }
}
