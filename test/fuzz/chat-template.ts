/** Chat templates: broken ones, ones that refuse, and ones that would take for ever or all memory. */

import fc from "fast-check";
import { createTokenizer } from "../../runtime/tokenizer/index.js";
import { bytesOnly } from "../runtime/tokenizer/small-vocabulary.js";
import { text } from "../runtime/weights/write-gguf.js";
import { hostileString } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";

export const name = "chat-template";

const value: fc.Arbitrary<string> = fc.constantFrom(
  ..."messages|messages[0]|messages[0].content|messages[-1]['role']|m|m.content|bos_token|eos_token|add_generation_prompt|ns|ns.n|none|true|[]|{}|'a'|'a' * 3|1|-1|0|1.5|undefined|loop.index|range(3)|range(1000)|range(100000)|range(1000000)|range(1000000000)|range(100000000000)|range(-5)|range(0, 10, 0)|namespace(n='aa')|raise_exception('no')|strftime_now('%Y')|'%s'|messages[0].content.split('a')|[messages, messages]|cycler('a')|joiner(',')|lipsum()|self|x.__class__|''.constructor|[].constructor.constructor('return process')()".split(
    "|",
  ),
);
const filter = fc.constantFrom(
  ..."trim upper length tojson list first last sort reverse join string int float items safe default('x') replace('a','aa') replace('','bb') tojson(indent=4) indent(1000) indent(100000000) join(messages[0].content) selectattr('role') map(attribute='content') batch(1000000) e unknown".split(
    " ",
  ),
);
const expression = fc
  .tuple(
    value,
    fc.array(filter, { maxLength: 3 }),
    fc.option(fc.tuple(fc.constantFrom("+", "~", "*", "in", "==", "%", "//", "**"), value)),
  )
  .map(([left, filters, more]) => `${[left, ...filters].join(" | ")}${more ? ` ${more[0]} ${more[1]}` : ""}`);

const leaf = fc.oneof(
  { weight: 4, arbitrary: expression.map((e) => `{{ ${e} }}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "<|im_start|>",
      "user\n",
      " ",
      "<|im",
      "_end|>",
      "{#- x #}",
      "{{ '",
      "%}",
      "{% endfor %}",
    ),
  },
  expression.map((e) => `{% set x = ${e} %}`),
  expression.map((e) => `{% set ns.n = ns.n ~ ${e} %}`),
  hostileString,
);

/** Templates out of templates: loops in loops, conditions, macros. */
const { template } = fc.letrec<{ template: string; part: string }>((tie) => ({
  part: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.tuple(expression, tie("template")).map(([e, inside]) => `{% for m in ${e} %}${inside}{% endfor %}`),
    fc.tuple(expression, tie("template")).map(([e, inside]) => `{% if ${e} %}${inside}{% else %}x{% endif %}`),
    tie("template").map(
      (inside) =>
        `{% set ns = namespace(n='a') %}{% for m in range(64) %}{% set ns.n = ns.n ~ ns.n %}{% endfor %}${inside}`,
    ),
    tie("template").map((inside) => `{% macro f(a) %}${inside}{{ f(a) }}{% endmacro %}{{ f(1) }}`),
    tie("template").map((inside) => `{% filter upper %}${inside}{% endfilter %}`),
    fc
      .tuple(fc.constantFrom("(", "[", "-", "not ", "{'a':"), fc.constantFrom(10, 3000))
      .map(([s, n]) => `{{ ${s.repeat(n)}1 }}`),
    fc
      .tuple(fc.constantFrom("{% if a %}", "{% for a in messages %}", "x".repeat(1000)), fc.constantFrom(10, 3000))
      .map(([s, n]) => s.repeat(n)),
  ),
  template: fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")),
}));

const inputs = fc.record({
  template,
  contents: fc.array(fc.oneof(hostileString, fc.constantFrom("Hi", "aaaa", "a".repeat(100_000))), {
    minLength: 1,
    maxLength: 3,
  }),
});

const control = ["<s>", "<|im_start|>", "<|im_end|>", "</s>"];
const roles = ["system", "user", "assistant"] as const;

export const { run, replay } = attempts({
  inputs,
  right: [
    { template: "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}", contents: ["Hi"] },
  ],
  refusals: ["ModelError"],
  async attempt({ template, contents }) {
    const metadata = bytesOnly("gpt-2", [], { control, metadata: { "tokenizer.chat_template": text(template) } });
    const tokenizer = createTokenizer(metadata);
    const messages = contents.map((content, i) => ({ role: roles[i % roles.length]!, content }));
    await tokenizer.renderChat(messages);
    await tokenizer.encodeChat(messages);
  },
});
