import { badTemplate } from "../faults.ts";
import type { TemplateNode } from "./template-node.ts";

interface Token {
  readonly kind: "text" | "action";
  readonly text: string;
  readonly line: number;
}

const maxTemplateChars = 1_048_576;
const maxDepth = 32;

/**
 * Parses the part of Go's template language that templates of network configurations use: `{{.Field}}`, `{{.}}`,
 * `{{$name}}`, `{{range .List}}`, `{{range $i, $v := .List}}`, `{{if}}`, `{{else}}`, `{{end}}`, comments, and the dashes
 * that trim white space.
 *
 * @param what the file, for messages
 * @throws Fault `invalid` naming file, line and action on whatever else a template says
 * @see https://pkg.go.dev/text/template@go1.23.5
 */
export function parseTemplate(source: string, what: string): readonly TemplateNode[] {
  if (source.length > maxTemplateChars) throw badTemplate(what, 1, `more than ${maxTemplateChars} characters`);
  return new Parser(tokenize(source, what), what).parse();
}

/** Text and actions in order; a dash inside the braces takes the white space on its side of the text. */
function tokenize(source: string, what: string): readonly Token[] {
  const tokens: Token[] = [];
  let rest = source;
  let line = 1;
  let isTrimmed = false;
  while (rest !== "") {
    const open = rest.indexOf("{{");
    const text = open < 0 ? rest : rest.slice(0, open);
    const left = isTrimmed ? text.trimStart() : text;
    const trims = open >= 0 && /^\{\{-\s/.test(rest.slice(open, open + 4));
    tokens.push({ kind: "text", text: trims ? left.trimEnd() : left, line });
    line += countLines(text);
    if (open < 0) break;
    const isComment = /^\{\{(?:- )?\/\*/.test(rest.slice(open));
    const close = rest.indexOf("}}", isComment ? rest.indexOf("*/", open) : open);
    if (close < 0) throw badTemplate(what, line, "an action is not closed");
    const action = rest.slice(open + 2, close);
    if (!isComment) tokens.push({ kind: "action", text: action.replace(/^-\s/, "").replace(/\s-$/, "").trim(), line });
    isTrimmed = /\s-$/.test(action);
    line += countLines(action);
    rest = rest.slice(close + 2);
  }
  return tokens;
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #what: string;
  #next = 0;

  constructor(tokens: readonly Token[], what: string) {
    this.#tokens = tokens;
    this.#what = what;
  }

  parse(): readonly TemplateNode[] {
    const { nodes, closer } = this.#block(0);
    if (closer !== undefined) throw badTemplate(this.#what, closer.line, `{{${closer.text}}} ends nothing`);
    return nodes;
  }

  /** Everything up to `end`, `else` or the end of the template. */
  #block(depth: number): { readonly nodes: readonly TemplateNode[]; readonly closer?: Token } {
    const nodes: TemplateNode[] = [];
    for (let token = this.#take(); token !== undefined; token = this.#take()) {
      if (token.kind === "text") nodes.push({ kind: "text", text: token.text });
      else if (token.text === "end" || token.text === "else") return { nodes, closer: token };
      else nodes.push(this.#action(token, depth + 1));
    }
    return { nodes };
  }

  #take(): Token | undefined {
    const token = this.#tokens[this.#next];
    this.#next += 1;
    return token;
  }

  #action(token: Token, depth: number): TemplateNode {
    if (depth > maxDepth) throw badTemplate(this.#what, token.line, `nested more than ${maxDepth} deep`);
    const [, keyword, names = "", operand] =
      /^(?:(range|if)\s+((?:\$\w+\s*(?:,\s*\$\w+\s*)?:=\s*)?))?(\S+)$/.exec(token.text) ?? [];
    const variables = names.match(/\$\w+/g) ?? [];
    const isKnown = operand !== undefined && /^(?:\.|\.[A-Za-z_]\w*|\$\w+)$/.test(operand);
    if (!isKnown || (keyword === "if" && names !== "")) {
      throw badTemplate(this.#what, token.line, `{{${token.text}}} is not supported`);
    }
    const value = { text: operand, line: token.line };
    if (keyword === undefined) return { kind: "print", value };
    const { body, otherwise } = this.#branches(token, depth);
    return keyword === "if"
      ? { kind: "if", value, body, otherwise }
      : { kind: "range", value, variables, body, otherwise };
  }

  #branches(
    token: Token,
    depth: number,
  ): { readonly body: readonly TemplateNode[]; readonly otherwise: readonly TemplateNode[] } {
    const first = this.#block(depth);
    const second = first.closer?.text === "else" ? this.#block(depth) : { nodes: [], closer: first.closer };
    if (second.closer?.text !== "end") throw badTemplate(this.#what, token.line, `{{${token.text}}} is not ended`);
    return { body: first.nodes, otherwise: second.nodes };
  }
}
