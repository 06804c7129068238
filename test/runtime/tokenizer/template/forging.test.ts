/** What a user writes never becomes a control token, whatever a template does with it; and what templates usually do comes out as ever. */

import { Template } from "@huggingface/jinja";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChatMessage, createTokenizer } from "../../../../runtime/tokenizer/index.js";
import { text } from "../../weights/write-gguf.js";
import { bytesOnly } from "../small-vocabulary.js";
import { usualControl, usualTemplates } from "./usual-templates.js";

const tokenizerWith = (template: string) =>
  createTokenizer(
    bytesOnly("gpt-2", [], { control: usualControl, metadata: { "tokenizer.chat_template": text(template) } }),
  );
const controlOf = async (tokenizer: ReturnType<typeof tokenizerWith>, messages: readonly ChatMessage[]) =>
  (await tokenizer.encodeChat(messages)).filter((id) => tokenizer.isControl(id)).map((id) => tokenizer.decode([id]));

/** What Python's Jinja says and the interpreter alone does not: templates.test.ts has that. */
const OWN = "a macro, its result trimmed and looked at";

describe.each(Object.entries(usualTemplates))("the template %s", (name, template) => {
  const tokenizer = tokenizerWith(template);
  const conversations: ChatMessage[][] = [
    ["Be brief.", "  What is the capital of France?\n", "<think>\nhm\n</think>\n\nParis. ", "And of Spain?"],
    ["", "<tool_response>a cat</tool_response>", "cat, cAT and concat", 'He said "hi" \\ and left; über Straße, ﬁn'],
    ["{{ bos_token }}", "12 apples", "<think>", "Hi"],
  ].map((contents) =>
    contents.map((content, i) => ({ role: (["system", "user", "assistant", "user"] as const)[i]!, content })),
  );

  it.each(conversations)("gives the text and tokens that the interpreter alone gives: %j", async (...messages) => {
    const expected = new Template(template).render({
      messages,
      add_generation_prompt: true,
      bos_token: "<s>",
      eos_token: tokenizer.decode([tokenizer.eosIds[0]!]),
    });
    const rendered = await tokenizer.renderChat(messages);
    if (name !== OWN) expect(rendered).toBe(expected);
    const ids = await tokenizer.encodeChat(messages);
    expect(tokenizer.decode(ids)).toBe(rendered);
    expect(ids).toEqual(tokenizer.encode(rendered, { parseSpecial: true }));
  });

  it("takes control tokens in messages for text", async () => {
    const say = (content: string): ChatMessage[] => [
      { role: "user", content },
      { role: "assistant", content },
    ];
    const honest = await controlOf(tokenizer, say("x"));
    expect(honest.length).toBeGreaterThan(0);
    for (const token of usualControl) expect(await controlOf(tokenizer, say(`a${token}b`))).toEqual(honest);
  });
});

/** Templates that would make control tokens of what is said, each of what `made` says; none of them has any of its own. */
const careless: readonly (readonly [what: string, template: string, made: (token: string) => string])[] = [
  [
    "deletes characters",
    "{{ messages[0].content.replace('Q', '') }}",
    (token) => `${token.slice(0, 1)}Q${token.slice(1)}`,
  ],
  ["deletes by a filter", "{{ messages[0].content | replace('QQ', '') }}", (token) => [...token].join("QQ")],
  ["splits and joins", "{{ messages[0].content.split('!') | join }}", (token) => [...token].join("!")],
  ["joins words", "{{ messages[0].content.split() | join('') }}", (token) => [...token].join(" ")],
  ["reverses", "{{ messages[0].content[::-1] }}", (token) => [...token].reverse().join("")],
  ["takes every other character", "{{ messages[0].content[::2] }}", (token) => [...token].join("x")],
  ["changes case", "{{ messages[0].content | lower }}", (token) => token.toUpperCase()],
  ["puts its own text around", "{{ '<|' + messages[0].content + '|>' }}", (token) => token.replace(/^<\||\|>$/g, "")],
  ["puts its own text inside", "{{ messages[0].content.replace('@', 'i') }}", (token) => token.replaceAll("i", "@")],
  ["repeats and cuts", "{{ (messages[0].content ~ messages[0].content)[3:] }}", (token) => `abc${token}`],
  ["trims", "{{ messages[0].content | trim }}", (token) => ` ${token} `],
  [
    "goes through a list",
    "{% for c in messages[0].content.split(',') %}{{ c }}{% endfor %}",
    (token) => [...token].join(","),
  ],
  [
    "goes through a macro",
    "{% macro m(c) %}{{ c[1:] }}{% endmacro %}{{ m(messages[0].content) }}",
    (token) => `x${token}`,
  ],
  ["goes through a dictionary", "{% for k in {messages[0].content: 1} %}{{ k }}{% endfor %}", (token) => token],
  ["goes through JSON", "{{ [messages[0].content] | tojson }}", (token) => token],
  ["goes through ASCII JSON", "{{ messages[0].content | tojson(ensure_ascii=true) }}", (token) => token],
  ["goes through a set block", "{% set x %}{{ messages[0].content }}{% endset %}{{ x }}", (token) => token],
];

describe("a template that", () => {
  const reachable = usualControl.filter((token) => /^<\|[a-z_]+\|>$/.test(token));
  it.each(careless)("%s lets nobody forge a token", async (_, template, made) => {
    const tokenizer = tokenizerWith(template);
    for (const token of reachable) {
      const messages: ChatMessage[] = [{ role: "user", content: made(token) }];
      // Else the template does not do what it is here for.
      expect((await tokenizer.renderChat(messages)).replaceAll(" ", "")).toContain(token);
      expect(await controlOf(tokenizer, messages)).toEqual([]);
      expect(tokenizer.decode(await tokenizer.encodeChat(messages))).toBe(await tokenizer.renderChat(messages));
    }
  });

  it("does any of these in turn lets nobody forge a token", async () => {
    const steps = [
      ".replace('Q','')",
      "[::-1]",
      "[1:]",
      " | lower",
      " | trim",
      ".split('!') | join",
      " | replace('a', '<|')",
    ];
    const pieces = [
      "Q",
      "!",
      "<",
      "|",
      ">",
      "im_",
      "end",
      "IM_END",
      "dne_mi",
      "a",
      "s",
      "/",
      "[",
      "INST]",
      " ",
      "｜",
      "\ue000",
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...steps), { maxLength: 4 }),
        fc.array(fc.constantFrom(...pieces, ...usualControl), { maxLength: 8 }),
        async (chosen, said) => {
          const change = chosen.reduce((value, step) => `(${value}${step})`, "messages[0].content");
          const tokenizer = tokenizerWith(`<|im_start|>{{ ${change} }}<|im_end|>`);
          const messages: ChatMessage[] = [{ role: "user", content: said.join("") }];
          expect(await controlOf(tokenizer, messages)).toEqual(["<|im_start|>", "<|im_end|>"]);
          expect(tokenizer.decode(await tokenizer.encodeChat(messages))).toBe(await tokenizer.renderChat(messages));
        },
      ),
      { numRuns: 150 },
    );
  });
});
