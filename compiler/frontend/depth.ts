import { LIMITS } from "../ir/index.js";
import { ts } from "./typescript.mjs";

/** Whether a node is the `if` of an `else if`. */
const isLink = (node: ts.Node, parent: ts.Node): boolean =>
  ts.isIfStatement(node) && ts.isIfStatement(parent) && parent.elseStatement === node;

/**
 * Statements cost two levels and blocks none, so that braces do not matter; an expression costs one, and so does an
 * `else if`, of which many may stand in a chain.
 */
const levels = (node: ts.Node, parent: ts.Node): number =>
  ts.isBlock(node) ? 0 : ts.isStatement(node) && !isLink(node, parent) ? 2 : 1;

/**
 * The first node that stands too deep inside others, null for none. TypeScript's checker and our own stages walk down trees by calling
 * themselves; this one does not.
 */
export function tooDeep(file: ts.SourceFile): ts.Node | null {
  const open: { readonly node: ts.Node; readonly depth: number }[] = [{ node: file, depth: 0 }];
  let first: ts.Node | null = null;
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const { node, depth } = one;
    if (depth > LIMITS.nesting) {
      if (first === null || node.pos < first.pos) first = node;
    } else ts.forEachChild(node, (child) => void open.push({ node: child, depth: depth + levels(child, node) }));
  }
  return first;
}

/** What to do about a node that stands too deep, where it does because each `else if` stands inside the one before. */
export function insteadOfChain(node: ts.Node): string | undefined {
  let [links, all] = [0, 0];
  for (let one = node; one.parent !== undefined; one = one.parent) {
    all += levels(one, one.parent);
    if (isLink(one, one.parent)) links++;
  }
  if (links < all / 2) return undefined;
  return "each else if stands inside the one before: load from a list of values, or divide the chain into a few with if (i < 50) … else …";
}

/** Where TypeScript's parser ran out of stack: the end of the shortest beginning of the text on which it does. */
export function parserEnds(text: string, parse: (text: string) => void): number {
  let [fine, fails] = [0, text.length];
  while (fails - fine > 1) {
    const middle = (fine + fails) >> 1;
    try {
      parse(text.slice(0, middle));
      fine = middle;
    } catch {
      fails = middle;
    }
  }
  return Math.max(fails - 1, 0);
}
