/** Templates, beside what Python's Jinja makes of them as transformers sets it up (test/reference/make_template_fixtures.py). */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { TemplateFault, TemplateRenderer } from "../../../../runtime/tokenizer/template/renderer.js";

const renderer = new TemplateRenderer();
const messages = [
  { role: "user", content: "héllo\n" },
  { role: "assistant", content: "x" },
];
const values = { add_generation_prompt: true, bos_token: "<s>", eos_token: "</s>" };
const fixtures = new URL("../../../fixtures/templates.json", import.meta.url);
const cases: readonly (readonly [source: string, text: string | null])[] = JSON.parse(readFileSync(fixtures, "utf8"));

/** null where it is refused. */
async function rendered(source: string): Promise<string | null> {
  try {
    return (await renderer.render({ source, messages, alphabet: [], values })).text;
  } catch (error) {
    if (error instanceof TemplateFault) return null;
    throw error;
  }
}

it("gives what Python gives, and refuses what it refuses", async () => {
  const differing = [];
  for (const [source, text] of cases) {
    const ours = await rendered(source);
    if (ours !== text) differing.push({ source, ours, text });
  }
  expect(differing).toEqual([]);
  expect(cases.length).toBeGreaterThan(300);
});

it("says the date", async () => {
  const now = new Date();
  const said = await rendered("{{ strftime_now('%-d %B %Y, %y-%m-%d %%') }}");
  const two = (value: number) => String(value).padStart(2, "0");
  const month = now.toLocaleDateString("en", { month: "long" });
  const [year, day] = [now.getFullYear(), now.getDate()];
  expect(said).toBe(`${day} ${month} ${year}, ${two(year % 100)}-${two(now.getMonth() + 1)}-${two(day)} %`);
});

it.each([
  ["{{ messages | truncate }}", "the filter truncate is not supported"],
  ["{{ 1 is escaped }}", "the test escaped is not supported"],
  ["{{ strftime_now('%Z') }}", "strftime_now: %Z is not supported"],
  ["{% include 'x' %}", "include"],
])("%s is refused by name", async (source, message) => {
  await expect(renderer.render({ source, messages, alphabet: [], values })).rejects.toThrow(message);
});
