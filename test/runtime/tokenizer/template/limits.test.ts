/** Templates that would never end, or take all memory, or end the process: each an error that says what it did, in bounded time. */

import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type ChatMessage, createTokenizer } from "../../../../runtime/tokenizer/index.js";
import { TemplateFault, TemplateRenderer } from "../../../../runtime/tokenizer/template/renderer.js";
import { text } from "../../weights/write-gguf.js";
import { bytesOnly } from "../small-vocabulary.js";

const tokenizerWith = (template: string) =>
  createTokenizer(
    bytesOnly("gpt-2", [], { control: ["<s>"], metadata: { "tokenizer.chat_template": text(template) } }),
  );
const hi: ChatMessage[] = [{ role: "user", content: "Hi" }];
const doubled = (times: number, change: string) =>
  `{% set s = 'xx' %}${`{% set s = ${change} %}`.repeat(times)}{{ s | length }}`;

const bombs: Readonly<Record<string, string>> = {
  "a range that V8 aborts for": "{{ range(100000000000) }}",
  "a large range": "{{ range(1000000000) | length }}",
  "a range of small steps back": "{{ range(0, -1000000000, -1) | last }}",
  "nested loops": "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
  "loops that print": "{% for a in range(100000) %}{% for b in range(100000) %}abcdefgh{% endfor %}{% endfor %}",
  "doubling by replace": doubled(40, "s.replace('x', 'xx')"),
  "doubling by replacing nothing": doubled(40, "s.replace('', 'xx')"),
  "doubling by +": doubled(40, "s + s"),
  "doubling by ~": doubled(40, "s ~ s"),
  "doubling by a set block": `{% set s = 'xx' %}${"{% set s %}{{ s }}{{ s }}{% endset %}".repeat(40)}`,
  "doubling a list": `{% set s = [1] %}${"{% set s = s + s %}".repeat(40)}{{ s | length }}`,
  "a list in itself, printed": `{% set s = [1] %}${"{% set s = [s, s] %}".repeat(40)}{{ s }}`,
  "a list in itself, as JSON": `{% set s = [1] %}${"{% set s = [s, s] %}".repeat(40)}{{ s | tojson }}`,
  "a list in itself, joined to text": `{% set s = [1] %}${"{% set s = [s, s] %}".repeat(40)}{{ 'x' ~ s }}`,
  "a list of a namespace that grows": `{% set ns = namespace(x='x') %}{% set s = [ns, ns, ns, ns, ns, ns, ns, ns] %}${"{% set ns.x = ns.x + ns.x %}".repeat(22)}{{ s }}`,
  "a namespace in itself": "{% set ns = namespace() %}{% set ns.a = ns %}{% set ns.b = ns %}{{ ns }}",
  "many joined": `{{ range(100000) | join('${"x".repeat(10_000)}') }}`,
  "text joined": `${doubled(20, "s + s").replace("{{ s | length }}", "")}{{ s | join(s) }}`,
  "a deep indent": "{{ ('a\n' ~ 'b') | indent(1000000000) }}",
  "JSON with a deep indent": "{{ [[[1]]] | tojson(indent=1000000000) }}",
  "JSON with long separators": `${doubled(20, "s + s").replace("{{ s | length }}", "")}{{ range(10000) | tojson(separators=[s, s]) }}`,
  "text split to pieces": `${doubled(22, "s + s").replace("{{ s | length }}", "")}{{ s.split('x') | length }}`,
  "a macro that calls itself": "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}",
  "deep parentheses": `{{ ${"(".repeat(50_000)}1${")".repeat(50_000)} }}`,
  "a long sum": `{{ 1${" + 1".repeat(60_000)} }}`,
};

describe("a template with", () => {
  it.each(Object.entries(bombs))("%s is refused", { timeout: 60_000 }, async (_, template) => {
    const tokenizer = tokenizerWith(template);
    await expect(tokenizer.encodeChat(hi)).rejects.toThrow(
      expect.objectContaining({
        name: "ModelError",
        code: "chat-template-limit",
        file: "small.gguf",
        message: expect.stringMatching(/small\.gguf: its chat template (takes|makes|calls itself)/),
      }),
    );
    // The thread lives, or another was started.
    expect(await tokenizerWith("{{ messages[0].content }}").renderChat(hi)).toBe("Hi");
  });

  it("30 MB of text is refused before it is looked at", async () => {
    await expect(tokenizerWith("x".repeat(30_000_000)).checkChat()).rejects.toThrow(
      /has 30000000 characters, more than 262144/,
    );
  });

  it("what the limits do not know is ended by the clock", { timeout: 60_000 }, async () => {
    const renderer = new TemplateRenderer({ patienceMs: 1500 });
    // Jinja's parser looks for a tag after each of these spaces, from each of them.
    const source = `${" ".repeat(262_000)}x`;
    await expect(renderer.parse(source)).rejects.toThrow(/^takes more than 1\.5 s$/);
    await expect(renderer.parse(source)).rejects.toBeInstanceOf(TemplateFault);
    await renderer.parse("fine");
  });
});

it("is given up at once when the signal says so, and what waits behind it goes on", async () => {
  const renderer = new TemplateRenderer({ patienceMs: 60_000 });
  const controller = new AbortController();
  const endless = renderer.parse(`${" ".repeat(262_000)}x`, controller.signal);
  const next = renderer.parse("fine");
  setTimeout(() => controller.abort(new Error("enough")), 50);
  await expect(endless).rejects.toThrow("enough");
  await next;
});

it("reads conversations of millions of characters within its limits", { timeout: 60_000 }, async () => {
  const tokenizer = tokenizerWith(
    "{% for m in messages %}{% if '</think>' in m.content %}{{ m.content.split('</think>')[-1] }}{% else %}" +
      "{{ '<s>' + m.role + '\n' + m.content | trim + '\n' }}{% endif %}{% endfor %}",
  );
  const content = "words and <s> ".repeat(200_000);
  const messages: ChatMessage[] = [
    { role: "user", content },
    { role: "assistant", content: `x</think>${content}` },
  ];
  expect((await tokenizer.renderChat(messages)).length).toBeGreaterThan(2 * content.length);
});

it("keeps no process alive, whatever flags it was started with", () => {
  const renderer = new URL("../../../../dist/runtime/tokenizer/template/renderer.js", import.meta.url).href;
  const program = `import { templateRenderer } from ${JSON.stringify(renderer)}; templateRenderer.start(); await templateRenderer.parse("x"); console.log("done")`;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect({ stdout, status }).toEqual({ stdout: "done\n", status: 0 });
});
