/** From expressions over characters to nodes over bytes, without what can never become a text. */
import { formatError } from "./errors.js";
import { type Expression, type Grammar, partsOf, type Ranges } from "./expression.js";
import { Facts } from "./facts.js";
import type { Node } from "./node.js";
import { intersection, type StatesMade } from "./product.js";
import { utf8Sequences } from "./utf8.js";

const MOST_NODES = 500_000;

type Both = Expression & { kind: "both" };

/** The grammar's root as a node. @throws GenerateError where no text is in it, or it is too large, or a rule begins with itself */
export function lower(grammar: Grammar): Node {
  const root = new Lowering(grammar, { states: 0 }).root();
  if (!root)
    throw formatError("the grammar", "no text can be an answer: what it asks for contradicts itself, or never ends");
  return root;
}

class Lowering {
  readonly #grammar: Grammar;
  readonly #nodes = new Map<Expression, Node | undefined>();
  readonly #bodies = new Map<string, Node>();
  readonly #facts: Facts;
  #count = 0;

  readonly #made: StatesMade;

  constructor(grammar: Grammar, made: StatesMade) {
    this.#grammar = grammar;
    this.#made = made;
    const tables = {
      hasAny: (both: Expression) => this.#table(both as Both) !== undefined,
      hasEmpty: (both: Expression) => this.#table(both as Both)?.table.accepts[0] === 1,
    };
    this.#facts = new Facts(grammar, tables);
  }

  root(): Node | undefined {
    return this.#lower(this.#grammar.root);
  }

  #lower(expression: Expression): Node | undefined {
    if (!this.#nodes.has(expression)) this.#nodes.set(expression, this.#make(expression));
    return this.#nodes.get(expression);
  }

  #id(): number {
    if (++this.#count > MOST_NODES) throw formatError("the grammar", `it has more than ${MOST_NODES} parts`);
    return this.#count;
  }

  #make(expression: Expression): Node | undefined {
    switch (expression.kind) {
      case "characters":
        return this.#characters(expression.ranges);
      case "sequence": {
        const items = expression.items.map((item) => this.#lower(item));
        if (items.includes(undefined)) return undefined;
        return items.length === 1 ? items[0] : { kind: "sequence", id: this.#id(), items: items as Node[] };
      }
      case "choice":
        return this.#choice(expression.options.map((option) => this.#lower(option)));
      case "repeat":
        return this.#repeat(expression);
      case "rule":
        return this.#rule(expression.name);
      case "both":
        return this.#table(expression);
    }
  }

  #choice(options: readonly (Node | undefined)[]): Node | undefined {
    const left = options.filter((option) => option !== undefined);
    return left.length > 1 ? { kind: "choice", id: this.#id(), options: left } : left[0];
  }

  #repeat({ item: of, least, most }: Expression & { kind: "repeat" }): Node | undefined {
    const item = most === 0 ? undefined : this.#lower(of);
    if (!item || least > most) return least === 0 ? { kind: "sequence", id: this.#id(), items: [] } : undefined;
    const canBeEmpty = this.#facts.nullable(of);
    return { kind: "repeat", id: this.#id(), item, least: canBeEmpty ? 0 : least, most, canBeEmpty };
  }

  #rule(name: string): Node | undefined {
    if (!this.#facts.productive.has(name)) return undefined;
    const id = this.#id();
    return {
      kind: "rule",
      id,
      body: () => {
        if (!this.#bodies.has(name)) this.#bodies.set(name, this.#lower(this.#grammar.rules.get(name)!)!);
        return this.#bodies.get(name)!;
      },
    };
  }

  #characters(ranges: Ranges): Node | undefined {
    const single = new Uint8Array(256);
    const options: Node[] = [];
    for (const bytes of utf8Sequences(ranges)) {
      if (bytes.length === 1) single.fill(1, bytes[0]![0], bytes[0]![1] + 1);
      else {
        const items = bytes.map(([first, last]): Node => {
          const set = new Uint8Array(256).fill(1, first, last + 1);
          return { kind: "bytes", id: this.#id(), set };
        });
        options.push({ kind: "sequence", id: this.#id(), items });
      }
    }
    if (single.includes(1)) options.push({ kind: "bytes", id: this.#id(), set: single });
    return this.#choice(options);
  }

  #table(expression: Both): (Node & { kind: "table" }) | undefined {
    if (!this.#nodes.has(expression)) {
      const lowered = (part: Expression) => new Lowering(partOf(this.#grammar, part), this.#made).root();
      const of = expression.of.map(lowered);
      const not = expression.not.map(lowered).filter((part) => part !== undefined);
      const table = of.includes(undefined) ? undefined : intersection(of as Node[], not, this.#made);
      this.#nodes.set(expression, table && { kind: "table", id: this.#id(), table });
    }
    return this.#nodes.get(expression) as (Node & { kind: "table" }) | undefined;
  }
}

/** A part by itself, with the rules that it names. */
function partOf({ rules }: Grammar, root: Expression): Grammar {
  const named = new Map<string, Expression>();
  const open = [root];
  while (open.length > 0) {
    const one = open.pop()!;
    open.push(...partsOf(one));
    if (one.kind !== "rule" || named.has(one.name)) continue;
    const body = rules.get(one.name);
    if (!body) continue;
    named.set(one.name, body);
    open.push(body);
  }
  return { root, rules: named };
}
