export { loadTreeCalls, type TreeCalls } from "./calls.ts";
export { inheritAttributes } from "./inherit.ts";
export type { TreeAttributes, TreeEntry, TreeLimits, TreeNode, TreeResult } from "./types.ts";
export { TreeWriter } from "./writer.ts";
