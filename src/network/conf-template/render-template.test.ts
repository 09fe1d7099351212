import { expect, test } from "vitest";
import { renderTemplate } from "./render-template.ts";

const fields = {
  PodCIDR: "10.1.0.0/24",
  PodCIDRRanges: ["10.1.0.0/24", "fd00::/64"],
  Routes: ["0.0.0.0/0", "::/0"],
  None: [],
};

test("renderTemplate() fills in the template that containerd documents", () => {
  const template = `"ranges": [{{range $i, $range := .PodCIDRRanges}}{{if $i}}, {{end}}[{"subnet": "{{$range}}"}]{{end}}],
"routes": [{{range $i, $route := .Routes}}{{if $i}}, {{end}}{"dst": "{{$route}}"}{{end}}]`;

  expect(renderTemplate(template, fields)).toBe(`"ranges": [[{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00::/64"}]],
"routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]`);
});

test.each([
  ["{{.PodCIDR}}", "10.1.0.0/24"],
  ["a{{ .PodCIDR }}b", "a10.1.0.0/24b"],
  ["{{range .Routes}}<{{.}}>{{end}}", "<0.0.0.0/0><::/0>"],
  ["{{range $r := .Routes}}<{{$r}}>{{end}}", "<0.0.0.0/0><::/0>"],
  ["{{range .None}}x{{else}}none{{end}}", "none"],
  ["{{if .None}}x{{else}}none{{end}}", "none"],
  ["a {{- if .PodCIDR -}} b {{- end }} c", "ab c"],
  ["a{{/* no {{.Field}} */}}b", "ab"],
  ["a \n{{- /* trimmed */ -}}\n b", "ab"],
  ["{{range .Routes}}{{range $i, $v := .X}}{{end}}{{end}}", "template: line 1: .X is not known here"],
  ["{{.Nosuch}}", "template: line 1: .Nosuch is not known here"],
  ["{{.constructor}}", "template: line 1: .constructor is not known here"],
  ["\n{{.}}", "template: line 2: . is not known here"],
  ["{{$x}}", "template: line 1: $x is not known here"],
  ["{{.Routes}}", "template: line 1: .Routes is a list"],
  ["{{range .PodCIDR}}{{end}}", "template: line 1: .PodCIDR is no list"],
  ["\n\n{{index .Routes 0}}", "template: line 3: {{index .Routes 0}} is not supported"],
  ["{{if $x := .Routes}}{{end}}", "template: line 1: {{if $x := .Routes}} is not supported"],
  ["{{with .PodCIDR}}{{end}}", "template: line 1: {{with .PodCIDR}} is not supported"],
  ["{{}}", "template: line 1: {{}} is not supported"],
  ["{{.PodCIDR", "template: line 1: an action is not closed"],
  ["{{if .PodCIDR}}", "template: line 1: {{if .PodCIDR}} is not ended"],
  ["{{if .PodCIDR}}{{else}}{{else}}{{end}}", "template: line 1: {{if .PodCIDR}} is not ended"],
  ["a\n{{end}}", "template: line 2: {{end}} ends nothing"],
  ["{{if .PodCIDR}}".repeat(40), "template: line 1: nested more than 32 deep"],
])("renderTemplate() makes of %j: %s", (template, expected) => {
  expect(textOrProblem(template)).toBe(expected);
});

function textOrProblem(template: string): string {
  try {
    return renderTemplate(template, fields);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
