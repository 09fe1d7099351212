import { type LayerProgress, LayerStage } from "#proto/crisp/v1/admin_pb.js";
import type { ConsoleSize } from "../console.ts";
import { shortId } from "../short-id.ts";
import { formatSize } from "../size.ts";

const barWidth = 30;

const words: Readonly<Record<LayerStage, string>> = {
  [LayerStage.UNSPECIFIED]: "",
  [LayerStage.WAITING]: "waiting",
  [LayerStage.DOWNLOADING]: "downloading",
  [LayerStage.UNPACKING]: "unpacking",
  [LayerStage.DONE]: "done",
  [LayerStage.EXISTS]: "exists",
};
const wordWidth: number = Math.max(...Object.values(words).map(({ length }) => length));

/** A line for each layer, as many as the screen has room for: those that are worked on before the others. */
export function renderBars(layers: readonly LayerProgress[], { columns, rows }: ConsoleSize): readonly string[] {
  const room = Math.max(1, rows - 1);
  if (layers.length <= room) return layers.map((layer) => renderBar(layer).slice(0, columns));
  const active = layers.filter(({ stage }) => !isOver(stage));
  const shown = active.slice(0, room - 1);
  const finished = layers.length - active.length;
  const summary = `${finished} of ${layers.length} layers finished`;
  return [...shown.map(renderBar), summary].map((line) => line.slice(0, columns));
}

/** What a program, or a log, is told of a layer: nothing before it is over. */
export function renderOutcome({ digest, stage, totalBytes }: LayerProgress): string | undefined {
  return isOver(stage) ? `${shortId(digest)}: ${words[stage]} (${formatSize(totalBytes)})` : undefined;
}

/** The word for a stage, as events have it. */
export function stageWord(stage: LayerStage): string {
  return words[stage];
}

function renderBar({ digest, stage, receivedBytes, totalBytes }: LayerProgress): string {
  const head = `${shortId(digest)}  ${words[stage].padEnd(wordWidth)}`;
  switch (stage) {
    case LayerStage.DOWNLOADING: {
      const share = totalBytes === 0n ? 1 : Number(receivedBytes) / Number(totalBytes);
      return `${head}  [${bar(share)}]  ${formatSize(receivedBytes)}/${formatSize(totalBytes)}`;
    }
    case LayerStage.UNPACKING:
      return `${head}  [${bar(1)}]  ${formatSize(totalBytes)}`;
    default:
      return `${head}   ${" ".repeat(barWidth)}   ${formatSize(totalBytes)}`;
  }
}

function bar(share: number): string {
  const filled = Math.min(barWidth, Math.floor(share * barWidth));
  return filled === barWidth ? "=".repeat(barWidth) : `${"=".repeat(filled)}>`.padEnd(barWidth);
}

function isOver(stage: LayerStage): boolean {
  return stage === LayerStage.DONE || stage === LayerStage.EXISTS;
}
