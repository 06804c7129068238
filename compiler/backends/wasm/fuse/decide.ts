import { DTYPES, type Expr, operands } from "../../../ir/index.js";
import type { Op } from "../../../ops/index.js";
import { bodiesOf, type Flat, type Step, walkSteps } from "../flatten/steps.js";
import { costOfOp, isWhole, type OpExpr, opOf } from "../ops.js";
import type { Aliases } from "./aliases.js";
import { groupFrom } from "./groups.js";
import { type Origins, originsOf } from "./provenance.js";

/** Variables that are never stored: wherever they are used, the expression is computed instead. */
export type Inlined = ReadonlyMap<string, Expr>;

/** One place that reads a variable: a position in a list of steps, and the loops (of the step itself or of a whole op in it) that read it. */
interface Use {
  readonly block: readonly Step[];
  readonly index: number;
  readonly root: object;
}

interface Definition {
  readonly step: Extract<Step, { kind: "assign" }>;
  readonly block: readonly Step[];
  readonly index: number;
}

/**
 * Chooses the variables to compute where they are used. An index or mask is cheap, and the analysis of addresses wants to see it, so it
 * always is. A tile is when a single loop nest reads it, in the same list of steps, and nothing between changes what it reads.
 */
export function chooseInlined(flat: Flat, origins: Origins, aliases: Aliases): Inlined {
  return new Chooser(flat, origins, aliases).choose();
}

/** How often each variable is assigned in the text: what is known of one that is assigned once stays true. */
export function assignmentsOf(steps: readonly Step[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  walkSteps(steps, (step) => {
    // A tile whose elements are written one by one is never what one expression says.
    const times = step.kind === "assign" ? 1 : 2;
    if (step.kind === "assign" || step.kind === "put") counts.set(step.name, (counts.get(step.name) ?? 0) + times);
  });
  return counts;
}

class Chooser {
  private readonly flat: Flat;
  private readonly origins: Origins;
  private readonly aliases: Aliases;
  private readonly assignments: ReadonlyMap<string, number>;
  private readonly uses = new Map<string, Use[]>();
  private readonly definitions: Definition[] = [];
  private readonly inlined = new Map<string, Expr>();
  private readonly light = new Map<string, boolean>();

  constructor(flat: Flat, origins: Origins, aliases: Aliases) {
    this.flat = flat;
    this.assignments = assignmentsOf(flat.steps);
    this.origins = origins;
    this.aliases = aliases;
  }

  choose(): Inlined {
    this.block(this.flat.steps);
    // Later definitions first: where one goes, its own reads go too.
    for (const definition of [...this.definitions].reverse()) this.consider(definition);
    return this.inlined;
  }

  private block(steps: readonly Step[]): void {
    steps.forEach((step, index) => {
      if (step.kind === "assign") this.definitions.push({ step, block: steps, index });
      for (const expr of ownExpressions(step)) this.record(expr, { block: steps, index, root: step });
      for (const body of bodiesOf(step)) this.block(body);
    });
  }

  private record(expr: Expr, use: Use): void {
    if (expr.kind === "ref") {
      const known = this.uses.get(expr.name);
      if (known) known.push({ ...use });
      else this.uses.set(expr.name, [{ ...use }]);
    }
    const inner = isWhole(expr) ? { ...use, root: expr } : use;
    for (const operand of operands(expr)) this.record(operand, inner);
  }

  private consider({ step, block, index }: Definition): void {
    const { name, value } = step;
    if (value.type.kind !== "tile" || this.assignments.get(name) !== 1 || isWhole(value)) return;
    if (value.type.shape.length === 0 && !value.type.pointer) return;
    if (this.isLight(value)) {
      this.inlined.set(name, value);
      this.moveUses(value, step, block, index, []);
      return;
    }
    const uses = this.uses.get(name) ?? [];
    if (uses.length === 0 || uses.some((use) => use.block !== block || use.index <= index)) return;
    const last = Math.max(...uses.map((use) => use.index));
    if (block[last]!.kind === "while" || !this.isOnePass(uses) || containsAtomic(value)) return;
    for (let at = index + 1; at < last; at++) if (this.disturbs(block[at]!, value)) return;
    this.inlined.set(name, value);
    this.moveUses(value, step, block, index, uses);
  }

  /** Whether one nest of loops has all the uses: one root's, or those of assignments that are computed together. */
  private isOnePass(uses: readonly Use[]): boolean {
    const [first] = uses;
    if (uses.every((use) => use.root === first!.root && use.index === first!.index)) return true;
    const start = Math.min(...uses.map((use) => use.index));
    const group: readonly object[] = groupFrom(first!.block, start, this.inlined);
    return uses.every((use) => use.root === first!.block[use.index] && group.includes(use.root));
  }

  /** The reads of an inlined definition happen where it is used. */
  private moveUses(value: Expr, step: Step, block: readonly Step[], index: number, to: readonly Use[]): void {
    const targets = to.filter(
      (use, at) => to.findIndex((other) => other.root === use.root && other.index === use.index) === at,
    );
    if (targets.length === 0) return;
    for (const name of refsOf(value)) {
      const moved = (this.uses.get(name) ?? []).flatMap((use) => {
        if (use.block !== block || use.index !== index) return [use];
        return targets.map((target) => ({
          block,
          index: target.index,
          root: use.root === step ? target.root : use.root,
        }));
      });
      this.uses.set(name, moved);
    }
  }

  /** Whether a step between definition and use changes what the definition reads. */
  private disturbs(step: Step, value: Expr): boolean {
    const read = this.readsOf(value);
    let disturbed = false;
    walkSteps([step], (inner) => {
      if ((inner.kind === "assign" || inner.kind === "put") && read.variables.has(inner.name)) disturbed = true;
      for (const expr of ownExpressions(inner))
        forEachOp(expr, (op, { args }) => {
          if (op?.orders && read.memory.size > 0) disturbed = true;
          const to = op?.writes;
          if (to && this.aliases.overlap(originsOf(args[to]!, this.origins), read.memory)) disturbed = true;
        });
    });
    return disturbed;
  }

  private readsOf(value: Expr): { variables: Set<string>; memory: Set<string> } {
    const [variables, memory] = [new Set<string>(), new Set<string>()];
    const visit = (expr: Expr): void => {
      if (expr.kind === "ref") {
        variables.add(expr.name);
        const inner = this.inlined.get(expr.name);
        if (inner) visit(inner);
      }
      const from = opOf(expr)?.reads;
      if (expr.kind === "op" && from) for (const name of originsOf(expr.args[from]!, this.origins)) memory.add(name);
      operands(expr).forEach(visit);
    };
    visit(value);
    return { variables, memory };
  }

  /** Indices, masks and constant tiles: a few integer operations of things that never change. */
  private isLight(expr: Expr): boolean {
    if (expr.kind === "literal") return true;
    if (expr.kind === "ref") return this.isLightName(expr.name);
    if (expr.kind !== "op" || expr.type.kind !== "tile") return false;
    const { dtype, pointer } = expr.type;
    const integral = pointer || DTYPES[dtype].kind !== "float";
    if (!integral && expr.op !== "zeros" && expr.op !== "full") return false;
    if (isWhole(expr) || opOf(expr)?.reads || costOfOp(expr) > 20) return false;
    return operands(expr).every((operand) => isIntegral(operand, expr.op) && this.isLight(operand));
  }

  private isLightName(name: string): boolean {
    const known = this.light.get(name);
    if (known !== undefined) return known;
    const type = this.flat.variables.get(name);
    // Parameters never change; a loop counter does not within its body.
    let light = type === undefined || !this.assignments.has(name);
    if (!light && this.assignments.get(name) === 1 && type?.kind === "tile") {
      const { step } = this.definitions.find((one) => one.step.name === name)!;
      light = type.shape.length === 0 && !type.pointer ? true : this.isLight(step.value);
    }
    this.light.set(name, light);
    return light;
  }
}

const isIntegral = (expr: Expr, parent: string): boolean =>
  parent === "full" ||
  expr.type.kind === "const" ||
  (expr.type.kind === "tile" && (expr.type.pointer || DTYPES[expr.type.dtype].kind !== "float"));

/** The expressions that a step computes itself. */
export function ownExpressions(step: Step): readonly Expr[] {
  switch (step.kind) {
    case "assign":
    case "effect":
      return [step.value];
    case "put":
      return [step.index, step.value];
    case "for":
      return [step.start, step.stop, step.step];
    case "while":
    case "if":
      return [step.condition];
    default:
      return [];
  }
}

function refsOf(expr: Expr): ReadonlySet<string> {
  if (expr.kind === "ref") return new Set([expr.name]);
  return new Set(operands(expr).flatMap((operand) => [...refsOf(operand)]));
}

function forEachOp(expr: Expr, visit: (op: Op | undefined, expr: OpExpr) => void): void {
  if (expr.kind === "op") visit(opOf(expr), expr);
  for (const operand of operands(expr)) forEachOp(operand, visit);
}

function containsAtomic(expr: Expr): boolean {
  let found = false;
  forEachOp(expr, (op) => {
    if (op?.writes) found = true;
  });
  return found;
}
