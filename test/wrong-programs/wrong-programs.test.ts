import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { check } from "../../compiler/check.js";
import { folderOf } from "../compiler/frontend/source.js";
import { DECLARATIONS } from "./declarations.js";
import { FILES } from "./files.js";
import { NAMES } from "./names.js";
import { NUMBERS } from "./numbers.js";
import { OPERATIONS } from "./operations.js";
import { programOf, type Wrong } from "./program.js";
import { SECOND } from "./second.js";
import { SYNTAX } from "./syntax.js";

/** Programs whose answer is still bad. The number goes down only. */
const MOST_POOR = 1;

const KINDS: Readonly<Record<string, readonly Wrong[]>> = {
  SYNTAX,
  NUMBERS,
  DECLARATIONS,
  NAMES,
  OPERATIONS,
  FILES,
  SECOND,
};

const programs = Object.entries(KINDS).flatMap(([kind, wrongs]) =>
  wrongs.map(([code, source, way, poor], at) => ({
    kind,
    title: typeof source === "string" ? source.slice(0, 120) : Object.values(source)[0]!.slice(-120),
    folder: `${kind.toLowerCase()}-${at}`,
    code,
    way,
    poor,
    ...programOf(source),
  })),
);

const project = folderOf(
  Object.fromEntries(
    programs.flatMap(({ folder, files }) =>
      Object.entries(files).map(([name, text]) => [join(folder, name), text] as const),
    ),
  ),
);
const { diagnostics } = check(
  programs.map(({ folder }) => join(folder, "k.kernel.ts")),
  { project },
);
const foundIn = (folder: string) => diagnostics.filter(({ span }) => span.file.startsWith(`${folder}/`));

describe.each(Object.keys(KINDS))("%s", (kind) => {
  const good = programs.filter((one) => one.kind === kind && one.poor === undefined);
  test.each(good)("$title", ({ folder, code, place, way }) => {
    const found = foundIn(folder).map(({ code, span, message, hint }) => ({
      code,
      place: `${span.file.slice(folder.length + 1)}:${span.line}:${span.column}`,
      says: hint ?? message,
    }));
    expect(found).toEqual([
      { code, place, says: typeof way === "string" ? expect.stringContaining(way) : expect.stringMatching(way) },
    ]);
  });
});

test("few answers are poor, and none of them is a crash", () => {
  const poor = programs.filter((one) => one.poor !== undefined);
  expect(poor.length).toBeLessThanOrEqual(MOST_POOR);
  expect(diagnostics.filter(({ code }) => code === "TS-K1099")).toEqual([]);
});
