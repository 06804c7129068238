/** What a kernel's options say, read without running the file, and where each part of it is written. */

import { buildField, buildValue } from "../diagnostics/catalogue/frontend.js";
import { beyondLimit } from "../diagnostics/catalogue/limits.js";
import type { Span } from "../ir/index.js";
import { LIMITS, placed } from "../ir/index.js";
import { unwrapped } from "./names.js";
import { Evaluator } from "./static/evaluate.js";
import type { Static } from "./static/value.js";
import { memberOf } from "./syntax.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

export type Fields = ReadonlyMap<string, Static>;

interface Written {
  readonly fields: Fields;
  readonly place: Place;
}

const initialOf = (node: ts.Node): ts.Node => (ts.isPropertyAssignment(node) ? node.initializer : node);

const writtenIn = (node: ts.Node): ts.Node => {
  const value = initialOf(node);
  return ts.isExpression(value) ? unwrapped(value) : value;
};

/** The member of an object or the element of a list, where that is written out. */
function inside(node: ts.Node, key: string | number): ts.Node | undefined {
  const written = writtenIn(node);
  if (typeof key === "number") return ts.isArrayLiteralExpression(written) ? written.elements[key] : undefined;
  if (!ts.isObjectLiteralExpression(written)) return undefined;
  return written.properties.find((one) => memberOf(one)?.key.text === key);
}

/** An object of options as it is written: where what is wrong in it stands, as far as it is written out. */
export class Place {
  readonly #unit: Unit;
  readonly #node: ts.Node;

  constructor(unit: Unit, node: ts.Node) {
    this.#unit = unit;
    this.#node = node;
  }

  /** Of the member that names and indices lead to. */
  span(...path: readonly (string | number)[]): Span {
    let found = this.#node;
    for (const key of path) {
      const next = inside(found, key);
      if (!next) break;
      found = next;
    }
    return this.#unit.span(found);
  }
}

interface AllWritten {
  readonly builds: readonly Written[];
  readonly defaults?: Written;
  readonly tune?: { readonly value: Static; readonly place: Place };
}

/** Each build with its place, the defaults and what is left to tuning; null after reporting what is not static. */
export function writtenBuilds(unit: Unit, options: ts.Expression): AllWritten | null {
  let failed: ts.Node | null = null;
  const evaluator = new Evaluator(unit, {
    lookup: () => undefined,
    fail: (node) => {
      failed ??= node;
    },
  });
  const value = placed(
    () => unit.span(options),
    () => evaluator.evaluate(options),
  );
  const field = (name: string) => (value?.kind === "record" ? value.fields.get(name) : undefined);
  const builds = value?.kind === "record" ? (field("builds") ?? { kind: "list", items: [] }) : null;
  const defaults = field("defaults");
  const tune = field("tune");
  const sound = defaults === undefined || defaults.kind === "record" || defaults.kind === "missing";
  if (!sound || builds?.kind !== "list" || builds.items.some((item) => item.kind !== "record")) {
    const notAList = failed === null && builds !== null && sound;
    if (failed === null && builds !== null && !sound) {
      unit.report(buildField(unit.span(options), { what: "defaults", expected: "an object of options" }));
      return null;
    }
    const place: ts.Node = failed ?? options;
    const what = notAList ? "builds" : failed === null ? "this object of options" : `\`${place.getText()}\``;
    unit.report(buildValue(unit.span(place), { what, notAList }));
    return null;
  }
  if (builds.items.length > LIMITS.builds) {
    unit.report(beyondLimit(unit.span(options), { limit: "builds", got: builds.items.length }));
    return null;
  }
  const member = inside(options, "builds");
  const list = member && writtenIn(member);
  // Where others are spread among them, nobody knows which is which.
  const isWhole = list && ts.isArrayLiteralExpression(list) && list.elements.length === builds.items.length;
  const defaultsMember = inside(options, "defaults");
  return {
    builds: builds.items.map((item, index) => ({
      fields: (item as { readonly fields: Fields }).fields,
      place: new Place(unit, isWhole ? list.elements[index]! : options),
    })),
    ...(defaults?.kind === "record" && {
      defaults: {
        fields: defaults.fields,
        place: new Place(unit, defaultsMember ? initialOf(defaultsMember) : options),
      },
    }),
    ...(tune && tune.kind !== "missing" && { tune: { value: tune, place: new Place(unit, options) } }),
  };
}
