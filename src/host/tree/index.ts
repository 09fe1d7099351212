export { loadTreeCalls, type TreeCalls } from "./calls.ts";
export { inheritAttributes } from "./inherit.ts";
export type { TreeAttributes, TreeEntry, TreeLimits, TreeNode, TreeResult } from "./types.ts";
export { walkTree } from "./walk.ts";
export { TreeWriter } from "./writer.ts";
