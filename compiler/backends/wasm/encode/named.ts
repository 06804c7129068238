import type { Instruction, Named } from "./instructions.js";

type Of<K extends Instruction["kind"]> = Extract<Instruction, { kind: K }>;

/** The instructions inside an instruction. */
const PARTS: { readonly [K in Instruction["kind"]]: (one: Of<K>) => readonly Instruction[] } = {
  let: ({ value }) => [value],
  use: () => [],
  plain: ({ operands }) => operands,
  call: ({ operands }) => operands,
  branch: ({ operands }) => operands,
  block: ({ body }) => body,
  if: ({ condition, then, otherwise }) => [condition, ...then, ...otherwise],
};

const partsOf = (one: Instruction): readonly Instruction[] =>
  (PARTS[one.kind] as (one: Instruction) => readonly Instruction[])(one);

/** The named values of a body that need a local, in order: those that are used more than once. */
export function shared(body: readonly Instruction[]): readonly Named[] {
  const uses = new Map<Named, number>();
  const count = (one: Instruction): void => {
    if (one.kind === "let") uses.set(one, 0);
    if (one.kind === "use") uses.set(one.of, uses.get(one.of)! + (one.again ? 2 : 1));
    partsOf(one).forEach(count);
  };
  body.forEach(count);
  return [...uses].flatMap(([named, times]) => (times > 1 ? [named] : []));
}
