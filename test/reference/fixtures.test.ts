/** The committed fixtures are what the Python programs print today, where there is a Python to ask. */

import { readFileSync } from "node:fs";
import { execa } from "execa";
import { expect, it } from "vitest";
import { referencePython } from "./python.js";

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8").trimEnd();
const print = async (python: string, program: string) =>
  (await execa(python, [new URL(program, import.meta.url).pathname])).stdout;

const withGguf = referencePython("gguf");
it.runIf(withGguf)("dequantize.json comes from Python's gguf", async () => {
  expect(await print(withGguf!, "make_gguf_fixtures.py")).toBe(fixture("dequantize.json"));
});

const withNumpy = referencePython("numpy");
it.runIf(withNumpy)("words.json comes from the plain scanners", async () => {
  expect(await print(withNumpy!, "make_tokenizer_fixtures.py")).toBe(fixture("words.json"));
});

const withTokenizers = referencePython("tokenizers");
it.runIf(withTokenizers)("hugging-face.json comes from Hugging Face's tokenizers", async () => {
  expect(await print(withTokenizers!, "make_hugging_face_fixtures.py")).toBe(fixture("hugging-face.json"));
});

it.runIf(withNumpy)("reattention.json comes from the plain layer", async () => {
  expect(await print(withNumpy!, "make_reattention_fixtures.py")).toBe(fixture("reattention.json"));
});

it.runIf(withNumpy)("rope.json comes from the plain formulas", async () => {
  expect(await print(withNumpy!, "make_rope_fixtures.py")).toBe(fixture("rope.json"));
});

const withJinja = referencePython("jinja2");
it.runIf(withJinja)("templates.json comes from Python's Jinja", async () => {
  expect(await print(withJinja!, "make_template_fixtures.py")).toBe(fixture("templates.json"));
});
