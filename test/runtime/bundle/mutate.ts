/** Random changes of JSON documents, the same for the same seed. */

import { draws } from "../../cases/draws.js";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Numbers from 0 up to, but without, `end`. */
export function generator(seed: number): (end: number) => number {
  const draw = draws(seed);
  return (end) => Math.floor(draw() * end);
}

const ODD: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  7,
  0.5,
  1e9,
  2 ** 31,
  2 ** 33,
  2 ** 53,
  -(2 ** 40),
  1e308,
  "",
  "x",
  "constructor",
  "__proto__",
  "../x",
  "../../../../dev/zero",
  "a\0b",
  "\u001b[31m",
  "é".repeat(300),
  [],
  {},
  [[]],
  { kind: "op" },
  { op: "name", args: ["N"] },
  { op: "*", args: [1e9, 1e9] },
  { $bigint: "x" },
  { $number: "NaN" },
  { $span: [0, 1, 1, 1, 1] },
];

interface Slot {
  readonly holder: Json[] | { [key: string]: Json };
  readonly key: string;
}

function slotsOf(value: Json, into: Slot[] = []): Slot[] {
  if (value === null || typeof value !== "object") return into;
  for (const key of Object.keys(value)) {
    into.push({ holder: value, key });
    slotsOf((value as { [key: string]: Json })[key] as Json, into);
  }
  return into;
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** A copy of the document with one to three members replaced, removed, doubled, renamed, nudged or exchanged. */
export function mutant<Document>(document: Document, pick: (end: number) => number): Document {
  const changed = copy(document);
  for (let count = 1 + pick(3); count > 0; count--) {
    const slots = slotsOf(changed as Json);
    const one = slots[pick(slots.length)];
    const two = slots[pick(slots.length)];
    if (one && two) change(one, two, pick);
  }
  return changed;
}

function change({ holder, key }: Slot, other: Slot, pick: (end: number) => number): void {
  const at = holder as { [key: string]: Json };
  const value = at[key] as Json;
  const put = (next: Json): void => {
    Object.defineProperty(at, key, { value: next, enumerable: true, configurable: true, writable: true });
  };
  const changes = [
    () => put(copy(ODD[pick(ODD.length)] as Json)),
    () => put(copy((other.holder as { [key: string]: Json })[other.key] as Json)),
    () => {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete at[key];
    },
    () => {
      if (Array.isArray(holder)) holder.splice(Number(key), 0, copy(value));
      else at[`${key}x`] = copy(value);
    },
    () =>
      put(
        typeof value === "number" ? value + (pick(2) === 0 ? 1 : -1) : typeof value === "string" ? `${value}x` : value,
      ),
    () => put(typeof value === "number" ? value * 2 ** pick(40) : value),
  ];
  changes[pick(changes.length)]!();
}
