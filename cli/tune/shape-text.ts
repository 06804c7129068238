/** Shapes as people write them after --shapes: `M=4096,N=4096,K=64`, `rows=8k,T=bf16`. */
import { InvalidArgumentError } from "commander";

export type ShapeText = ReadonlyMap<string, string>;

/** One more shape. Throws InvalidArgumentError for what is none, whatever the kernel. */
export function shapeText(text: string, previous?: unknown): ShapeText[] {
  const before = (previous as readonly ShapeText[] | undefined) ?? [];
  const shape = new Map<string, string>();
  for (const part of text.split(",")) {
    const [, name, value] = /^\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=\s*(\S+)\s*$/u.exec(part) ?? [];
    if (name === undefined || value === undefined)
      throw new InvalidArgumentError(`"${part}" is no size; a shape is NAME=SIZE,NAME=SIZE, such as M=4096,N=4096.`);
    if (shape.has(name)) throw new InvalidArgumentError(`${name} is given twice in "${text}".`);
    shape.set(name, value);
  }
  return [...before, shape];
}
