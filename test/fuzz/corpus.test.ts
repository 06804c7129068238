/** Inputs of past failures: each is a file of `corpus`, with what it must end in. */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import "../built-cli.js";
import { findTargets } from "./harness/targets.js";
import { watch } from "./harness/watch.js";

interface Entry {
  readonly file: string;
  /** What went wrong with it. */
  readonly was: string;
  readonly target: string;
  readonly input: unknown;
  /** The name of the error and a part of its message; null where nothing is wrong. */
  readonly error: { readonly name: string; readonly message: string } | null;
}

const folder = new URL("./corpus/", import.meta.url);
const entries = readdirSync(folder)
  .sort()
  .map((file): Entry => ({ file, ...JSON.parse(readFileSync(new URL(file, folder), "utf8")) }));

test.each([...new Set(entries.map(({ target }) => target))])(
  "%s",
  async (name) => {
    const ofTarget = entries.filter((entry) => entry.target === name);
    const target = findTargets().find((one) => one.name === name);
    if (!target) throw new Error(`there is no target ${name}`);
    const { fault, replayed } = await watch(target, { kind: "replay", inputs: ofTarget.map(({ input }) => input) });
    expect(fault?.message).toBeUndefined();
    const found = ofTarget.map(({ file, was, error }, i) => ({ file, was, error: relevant(replayed[i], error) }));
    expect(found).toEqual(ofTarget.map(({ file, was, error }) => ({ file, was, error })));
  },
  600_000,
);

/** Of what was thrown only as much as is expected, where it is there. */
const relevant = (thrown: { name: string; message: string } | null | undefined, expected: Entry["error"]) =>
  thrown && {
    name: thrown.name,
    message: expected && thrown.message.includes(expected.message) ? expected.message : thrown.message,
  };
