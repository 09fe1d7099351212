/** One piece of a parsed template. */
export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly value: Operand }
  | {
      readonly kind: "if";
      readonly value: Operand;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    }
  | {
      readonly kind: "range";
      readonly value: Operand;
      readonly variables: readonly string[];
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    };

/** `.`, `.Field` or `$name`, and where it stands. */
export interface Operand {
  readonly text: string;
  readonly line: number;
}
