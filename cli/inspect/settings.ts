import { InvalidArgumentError } from "commander";
import type { Build, ConstValue, Kernel, Param } from "../../compiler/ir/index.js";
import { isInteger } from "../../compiler/ir/index.js";
import { InputError } from "../report/errors.js";

/** `NAME=value`, as the command line has it. */
export interface Setting {
  readonly name: string;
  readonly text: string;
}

export function setting(text: string, previous?: unknown): readonly Setting[] {
  const parts = /^([A-Za-z_$][\w$]*)=(.+)$/.exec(text);
  if (!parts) throw new InvalidArgumentError("Expected a parameter and its value, such as BK=64.");
  const before = (previous as readonly Setting[] | undefined) ?? [];
  if (before.some(({ name }) => name === parts[1]))
    throw new InvalidArgumentError(`${parts[1]} was given a value before.`);
  return [...before, { name: parts[1]!, text: parts[2]! }];
}

type ConstParam = Extract<Param, { kind: "const" }>;

/** A text as a value of a kind of constant; undefined where it is none. */
const READ: Readonly<Record<ConstParam["of"], (text: string) => ConstValue | undefined>> = {
  int: (text) => (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined),
  float: (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined),
  bool: (text) => (text === "true" || text === "false" ? text === "true" : undefined),
  string: (text) => text,
};

const WANTED: Readonly<Record<ConstParam["of"], string>> = {
  int: "a whole number",
  float: "a number",
  bool: "true or false",
  string: "a text",
};

export interface Settled {
  readonly build: Build;
  /** Of integers that a launch would be given. */
  readonly values: Readonly<Record<string, number>>;
}

/** The build with other constants, and the values of integers. Throws InputError for a name that is neither, or no value of its kind. */
export function settle({ params, name: kernel }: Kernel, build: Build, settings: readonly Setting[]): Settled {
  const constants: Record<string, ConstValue> = { ...build.constants };
  const values: Record<string, number> = {};
  const isSettable = (param: Param): boolean =>
    param.kind === "const" || (param.kind === "scalar" && isInteger(param.dtype));
  for (const { name, text } of settings) {
    const param = params.find((one) => one.name === name && isSettable(one));
    if (!param) {
      const names = params.filter(isSettable).map((one) => one.name);
      throw new InputError(
        `${kernel} has no constant and no integer ${name}`,
        names.length > 0 ? `It has ${names.join(", ")}.` : "It has none: leave --set out.",
      );
    }
    const kind = param.kind === "const" ? param.of : "int";
    const value = READ[kind](text);
    if (value === undefined) throw new InputError(`${name} of ${kernel} cannot be ${text}`, `Give ${WANTED[kind]}.`);
    if (param.kind === "const") constants[name] = value;
    else values[name] = Number(value);
  }
  return { build: { ...build, constants }, values };
}
