import { declaredNames, renameIn, type Stmt } from "../../ir/index.js";

/** A body whose own names end in `suffix`, which no name of a kernel does, so that copies of it can stand side by side. */
export const withSuffix = (body: readonly Stmt[], suffix: string): readonly Stmt[] =>
  renameIn(body, new Map([...declaredNames(body)].map((name) => [name, name + suffix])));
