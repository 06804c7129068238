import { expect, test } from "vitest";
import * as compiler from "../compiler/index.js";
import * as language from "../dsl/index.js";
import { TileScriptError } from "../dsl/index.js";
import * as runtime from "../runtime/index.js";
import { LaunchError, OutOfMemoryError } from "../runtime/index.js";

test("every class of error that a face of the package has is a TileScriptError", () => {
  const classes = [language, compiler, runtime].flatMap((face) =>
    Object.values(face).filter(
      (one): one is typeof Error => typeof one === "function" && one.prototype instanceof Error,
    ),
  );
  expect(classes.length).toBeGreaterThan(8);
  expect(
    classes.filter((one) => !Object.is(one, TileScriptError) && !(one.prototype instanceof TileScriptError)),
  ).toEqual([]);
});

test("an error has a code for programs, its problem, and its hint; the message is both", () => {
  const fault = new LaunchError({ kernel: "add", parameter: "n", expected: "a number", got: '"3"', hint: "Pass 3." });
  expect(fault).toMatchObject({
    code: "launch",
    problem: 'add, parameter n: expected a number, got "3"',
    hint: "Pass 3.",
    message: 'add, parameter n: expected a number, got "3". Pass 3.',
  });
  expect(new OutOfMemoryError({ wanted: 3 << 20, free: 1 << 20, total: 2 << 20 })).toMatchObject({
    code: "out-of-memory",
    problem: "Out of memory: 3.0 MiB wanted, 1.0 MiB of 2.0 MiB free",
  });
});
