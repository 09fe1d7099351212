// canary conformance/src/black-box.ts: conformance may not import pod
export { double } from "#pod";
