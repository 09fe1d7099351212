import { badTemplate } from "../faults.ts";
import { parseTemplate } from "./parse-template.ts";
import type { Operand, TemplateNode } from "./template-node.ts";

/** What a template's values may be: the subset of Go's types that configurations of networks use. */
export type TemplateValue = string | number | readonly string[];

/**
 * Fills in a template; see {@link parseTemplate} for what one may say.
 *
 * @throws Fault `invalid` naming file, line and action
 */
export function renderTemplate(
  source: string,
  fields: Readonly<Record<string, TemplateValue>>,
  what = "template",
): string {
  return renderAll(parseTemplate(source, what), { fields, dot: undefined, variables: new Map() }, what);
}

interface Surroundings {
  readonly fields: Readonly<Record<string, TemplateValue>>;
  /** Undefined outside of any `range`: all fields. */
  readonly dot: TemplateValue | undefined;
  readonly variables: ReadonlyMap<string, TemplateValue>;
}

function renderAll(nodes: readonly TemplateNode[], around: Surroundings, what: string): string {
  return nodes.map((node) => render(node, around, what)).join("");
}

function render(node: TemplateNode, around: Surroundings, what: string): string {
  if (node.kind === "text") return node.text;
  const value = valueOf(node.value, around, what);
  if (node.kind === "print") {
    if (typeof value === "object") throw badTemplate(what, node.value.line, `${node.value.text} is a list`);
    return String(value);
  }
  if (node.kind === "if") return renderAll(isEmpty(value) ? node.otherwise : node.body, around, what);
  if (typeof value !== "object") throw badTemplate(what, node.value.line, `${node.value.text} is no list`);
  if (value.length === 0) return renderAll(node.otherwise, around, what);
  return value.map((item, index) => renderAll(node.body, within(node.variables, item, index, around), what)).join("");
}

/** One variable is the item; of two the first is its index. */
function within(names: readonly string[], item: string, index: number, around: Surroundings): Surroundings {
  const values = names.length === 2 ? [index, item] : [item];
  const bound = names.map((name, place) => [name, values[place] ?? item] as const);
  return { ...around, dot: item, variables: new Map([...around.variables, ...bound]) };
}

function valueOf({ text, line }: Operand, { fields, dot, variables }: Surroundings, what: string): TemplateValue {
  const value =
    text === "." ? dot : text.startsWith("$") ? variables.get(text) : dot === undefined ? own(fields, text) : undefined;
  if (value === undefined) throw badTemplate(what, line, `${text} is not known here`);
  return value;
}

function own(fields: Readonly<Record<string, TemplateValue>>, text: string): TemplateValue | undefined {
  const name = text.slice(1);
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** What Go's `if` takes for false. */
function isEmpty(value: TemplateValue): boolean {
  return typeof value === "object" ? value.length === 0 : value === "" || value === 0;
}
