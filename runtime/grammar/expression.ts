/** What a language of texts is, as data: made by the readers of schemas, patterns and grammars, and compiled by `lower.ts`. */

/** Code points from the first to the last, both included; sorted and apart in a set. */
export type Range = readonly [first: number, last: number];
export type Ranges = readonly Range[];

export type Expression =
  /** One character of a set. */
  | { readonly kind: "characters"; readonly ranges: Ranges }
  | { readonly kind: "sequence"; readonly items: readonly Expression[] }
  | { readonly kind: "choice"; readonly options: readonly Expression[] }
  /** `most` may be Infinity. */
  | { readonly kind: "repeat"; readonly item: Expression; readonly least: number; readonly most: number }
  /** What a rule of the grammar says, by its name: rules may name each other. */
  | { readonly kind: "rule"; readonly name: string }
  /** Texts that are in all of some regular languages and in none of others. */
  | { readonly kind: "both"; readonly of: readonly Expression[]; readonly not: readonly Expression[] };

export interface Grammar {
  readonly root: Expression;
  readonly rules: ReadonlyMap<string, Expression>;
}

export const characters = (ranges: Ranges): Expression => ({ kind: "characters", ranges });
export const sequence = (...items: readonly Expression[]): Expression => ({ kind: "sequence", items });
export const choice = (...options: readonly Expression[]): Expression => ({ kind: "choice", options });
export const repeat = (item: Expression, least = 0, most = Number.POSITIVE_INFINITY): Expression => ({
  kind: "repeat",
  item,
  least,
  most,
});
export const optional = (item: Expression): Expression => repeat(item, 0, 1);
export const rule = (name: string): Expression => ({ kind: "rule", name });
export const both = (of: readonly Expression[], not: readonly Expression[] = []): Expression =>
  of.length === 1 && not.length === 0 ? of[0]! : { kind: "both", of, not };

/** A text as it is. */
export const text = (value: string): Expression =>
  sequence(...Array.from(value, (character) => characters([[character.codePointAt(0)!, character.codePointAt(0)!]])));

/** One of some texts, as a tree of what they begin with: to tell thousands apart takes no more places at once than to tell two. */
export function oneOf(texts: readonly string[]): Expression {
  return branches([...new Set(texts)].map((one) => [...one]));
}

function branches(texts: readonly (readonly string[])[]): Expression {
  const byFirst = new Map<string, (readonly string[])[]>();
  for (const one of texts)
    if (one.length > 0) {
      const group = byFirst.get(one[0]!);
      if (group) group.push(one);
      else byFirst.set(one[0]!, [one]);
    }
  const options = [...byFirst.values()].map((group) => {
    const shared = sharedLength(group);
    const rest = group.map((one) => one.slice(shared));
    const start = text(group[0]!.slice(0, shared).join(""));
    return rest.every(({ length }) => length === 0) ? start : sequence(start, branches(rest));
  });
  return choice(...(texts.some(({ length }) => length === 0) ? [sequence()] : []), ...options);
}

function sharedLength(texts: readonly (readonly string[])[]): number {
  const [first] = texts as [readonly string[]];
  let length = 0;
  while (length < first.length && texts.every((one) => one[length] === first[length])) length++;
  return length;
}

export const empty: Expression = sequence();
/** No text at all. */
export const nothing: Expression = choice();

/** The same expression of other parts; one without parts is itself. */
export function mapParts(expression: Expression, part: (of: Expression) => Expression): Expression {
  switch (expression.kind) {
    case "sequence":
      return { ...expression, items: expression.items.map(part) };
    case "choice":
      return { ...expression, options: expression.options.map(part) };
    case "repeat":
      return { ...expression, item: part(expression.item) };
    case "both":
      return { ...expression, of: expression.of.map(part), not: expression.not.map(part) };
    default:
      return expression;
  }
}

/** A grammar whose leaves, rules among them, are others. What has none of those stays itself: it is made once, wherever it stands. */
export function mapGrammar(
  { root, rules }: Grammar,
  leaf: (of: Expression) => Expression,
  name = (of: string) => of,
): Grammar {
  const known = new Map<Expression, Expression>();
  const changed = (expression: Expression): Expression => {
    const parts = partsOf(expression);
    if (parts.length === 0) return leaf(expression);
    return parts.some((part) => mapped(part) !== part) ? mapParts(expression, mapped) : expression;
  };
  const mapped = (expression: Expression): Expression => {
    const own = known.get(expression) ?? changed(expression);
    known.set(expression, own);
    return own;
  };
  return { root: mapped(root), rules: new Map([...rules].map(([rule, body]) => [name(rule), mapped(body)])) };
}

/** The same grammar, its rules with a name before their own. */
export const renamed = (grammar: Grammar, prefix: string): Grammar =>
  mapGrammar(
    grammar,
    (leaf) => (leaf.kind === "rule" ? rule(prefix + leaf.name) : leaf),
    (name) => prefix + name,
  );

/** Expressions that one is made of. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "sequence":
      return expression.items;
    case "choice":
      return expression.options;
    case "repeat":
      return [expression.item];
    case "both":
      return [...expression.of, ...expression.not];
    default:
      return [];
  }
}
