/** What must be known of all rules before any is compiled: which become a text at all, which may be empty, and which begin with themselves. */
import { formatError } from "./errors.js";
import { type Expression, type Grammar, partsOf } from "./expression.js";
import { utf8Sequences } from "./utf8.js";

/** Of expressions within expressions. */
const DEEPEST = 500;

/** What is true of an expression if it is so of some of its parts. */
interface Property {
  rule(name: string): boolean;
  both(expression: Expression & { kind: "both" }): boolean;
  characters(expression: Expression & { kind: "characters" }): boolean;
}

function holds(expression: Expression, property: Property, known: Map<Expression, boolean>): boolean {
  const before = known.get(expression);
  if (before !== undefined) return before;
  const each = (one: Expression) => holds(one, property, known);
  const found = ((): boolean => {
    switch (expression.kind) {
      case "characters":
        return property.characters(expression);
      case "sequence":
        return expression.items.every(each);
      case "choice":
        return expression.options.some(each);
      case "repeat":
        return expression.least === 0 || (expression.least <= expression.most && each(expression.item));
      case "rule":
        return property.rule(expression.name);
      case "both":
        return property.both(expression);
    }
  })();
  known.set(expression, found);
  return found;
}

export class Facts {
  readonly productive: ReadonlySet<string>;
  readonly #nullable: ReadonlySet<string>;
  readonly #nullableKnown = new Map<Expression, boolean>();
  readonly #isNullable: Property;

  /** @param tables whether what is said together of one text leaves any, and the empty one */
  constructor(grammar: Grammar, tables: { hasAny(of: Expression): boolean; hasEmpty(of: Expression): boolean }) {
    requireRules(grammar);
    this.productive = rulesWith(grammar, {
      both: tables.hasAny,
      characters: ({ ranges }) => utf8Sequences(ranges).length > 0,
    });
    const property = { both: tables.hasEmpty, characters: () => false };
    this.#nullable = rulesWith(grammar, property);
    this.#isNullable = { ...property, rule: (name) => this.#nullable.has(name) };
    this.#requireNoLeftRecursion(grammar);
  }

  nullable(expression: Expression): boolean {
    return holds(expression, this.#isNullable, this.#nullableKnown);
  }

  #requireNoLeftRecursion({ rules }: Grammar): void {
    const done = new Set<string>();
    for (const first of this.productive) {
      // Depth first, with the way to the rule at hand.
      const way: { readonly name: string; readonly next: string[] }[] = [];
      const enter = (name: string): void => {
        if (way.some((one) => one.name === name))
          throw formatError(
            "the grammar",
            `the rule ${name} begins with itself${way.length > 1 ? ` (${[...way.map((one) => one.name), name].join(" → ")})` : ""}: write what is repeated behind it, as ${name} ::= x (y)*`,
          );
        if (done.has(name) || !this.productive.has(name)) return;
        way.push({ name, next: [...this.#first(rules.get(name)!)] });
      };
      enter(first);
      while (way.length > 0) {
        const { name, next } = way.at(-1)!;
        const to = next.pop();
        if (to !== undefined) enter(to);
        else {
          done.add(name);
          way.pop();
        }
      }
    }
  }

  /** Rules that a text of an expression may begin with. */
  #first(expression: Expression, found = new Set<string>()): Set<string> {
    switch (expression.kind) {
      case "rule":
        found.add(expression.name);
        break;
      case "sequence":
        for (const item of expression.items) {
          this.#first(item, found);
          if (!this.nullable(item)) break;
        }
        break;
      case "choice":
        for (const option of expression.options) this.#first(option, found);
        break;
      case "repeat":
        this.#first(expression.item, found);
    }
    return found;
  }
}

/** Rules of which a property is true. Whenever one is found, those that name it are looked at again. */
function rulesWith({ rules }: Grammar, property: Pick<Property, "both" | "characters">): Set<string> {
  const found = new Set<string>();
  const whole = { ...property, rule: (name: string) => found.has(name) };
  const namedBy = new Map<string, Set<string>>();
  for (const [name, body] of rules)
    for (const other of rulesOf(body)) {
      if (!namedBy.has(other)) namedBy.set(other, new Set());
      namedBy.get(other)!.add(name);
    }
  const open = new Set(rules.keys());
  for (const name of open) {
    open.delete(name);
    if (found.has(name) || !holds(rules.get(name)!, whole, new Map())) continue;
    found.add(name);
    for (const other of namedBy.get(name) ?? []) open.add(other);
  }
  return found;
}

function rulesOf(expression: Expression, seen = new Set<Expression>(), names = new Set<string>()): Set<string> {
  if (seen.has(expression)) return names;
  seen.add(expression);
  if (expression.kind === "rule") names.add(expression.name);
  for (const part of partsOf(expression)) rulesOf(part, seen, names);
  return names;
}

function requireRules({ root, rules }: Grammar): void {
  const seen = new Set<Expression>();
  const visit = (expression: Expression, depth: number): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    if (depth > DEEPEST) throw formatError("the grammar", `it is nested more than ${DEEPEST} deep`);
    if (expression.kind === "rule" && !rules.has(expression.name))
      throw formatError("the grammar", `it names the rule ${expression.name}, which it does not have`);
    for (const child of partsOf(expression)) visit(child, depth + 1);
  };
  for (const expression of [root, ...rules.values()]) visit(expression, 0);
}
