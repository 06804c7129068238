import type { Expr, Span, Type } from "../../../ir/index.js";

/**
 * A kernel's statements with device functions put in place, tuples taken apart and `return` turned into leaving a labelled scope. Every
 * variable has a name of its own in the whole kernel and holds a number, a tile, a pointer or a descriptor.
 */
export type Step =
  | { readonly kind: "assign"; readonly name: string; readonly value: Expr; readonly span: Span }
  | { readonly kind: "effect"; readonly value: Expr; readonly span: Span }
  /** One element of a tile, by its place in row-major order. */
  | { readonly kind: "put"; readonly name: string; readonly index: Expr; readonly value: Expr; readonly span: Span }
  | {
      readonly kind: "for";
      readonly variable: string;
      readonly start: Expr;
      readonly stop: Expr;
      readonly step: Expr;
      readonly body: readonly Step[];
      readonly span: Span;
    }
  /** `before` computes what the condition needs, in every round. */
  | {
      readonly kind: "while";
      readonly before: readonly Step[];
      readonly condition: Expr;
      readonly body: readonly Step[];
      readonly span: Span;
    }
  | {
      readonly kind: "if";
      readonly condition: Expr;
      readonly then: readonly Step[];
      readonly else: readonly Step[];
      readonly span: Span;
    }
  /** Assignments that one pass computes; made by `fuse`. */
  | { readonly kind: "together"; readonly assigns: readonly Extract<Step, { kind: "assign" }>[] }
  | { readonly kind: "scope"; readonly label: string; readonly body: readonly Step[] }
  | { readonly kind: "leave"; readonly label: string };

export interface Flat {
  readonly steps: readonly Step[];
  /** Type of every variable that steps assign, loop counters included. */
  readonly variables: ReadonlyMap<string, Type>;
}

/** The steps inside a step. */
export function bodiesOf(step: Step): readonly (readonly Step[])[] {
  switch (step.kind) {
    case "for":
    case "scope":
      return [step.body];
    case "while":
      return [step.before, step.body];
    case "if":
      return [step.then, step.else];
    default:
      return [];
  }
}

/** The step with other steps inside. */
export function withBodies(step: Step, change: (body: readonly Step[]) => readonly Step[]): Step {
  switch (step.kind) {
    case "for":
    case "scope":
      return { ...step, body: change(step.body) };
    case "while":
      return { ...step, before: change(step.before), body: change(step.body) };
    case "if":
      return { ...step, then: change(step.then), else: change(step.else) };
    default:
      return step;
  }
}

export function walkSteps(steps: readonly Step[], visit: (step: Step) => void): void {
  for (const step of steps) {
    visit(step);
    for (const body of bodiesOf(step)) walkSteps(body, visit);
  }
}
