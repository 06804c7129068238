import { GenerateError } from "../generate/errors.js";
import { choice, type Expression, type Grammar, renamed, sequence, text } from "../grammar/expression.js";
import { readArguments } from "../grammar/index.js";
import { readSchema } from "../grammar/json/schema.js";
import type { Form } from "./form.js";
import type { Tool } from "./tools.js";

const NO_ARGUMENTS = { type: "object", properties: {} };

/** Answers that call one of some tools, and say nothing else. @throws GenerateError for parameters that cannot be followed */
export function forcedCall(form: Form, tools: readonly Tool[]): Grammar {
  const rules = new Map<string, Expression>();
  const texts = new Map<string, Expression>();
  const options = tools.map(({ function: { name, parameters = NO_ARGUMENTS } }) => {
    const own = renamed(argumentsOf(form, name, parameters, texts), `${name}: `);
    for (const [rule, body] of own.rules) rules.set(rule, body);
    const [before, behind] = form.around(name);
    return sequence(typeof before === "string" ? text(before) : before, own.root, text(behind));
  });
  return { root: choice(...options), rules };
}

/** Arguments are an object, whatever else a schema lets through. */
const argumentsOf = ({ markup }: Form, name: string, parameters: unknown, texts: Map<string, Expression>): Grammar =>
  aboutTools(`the tool ${name}`, () =>
    markup ? readArguments(parameters, markup, texts) : readSchema(parameters, { type: "object" }),
  );

/** What is wrong with a grammar that comes of tools is told of those. */
export function aboutTools<Made>(which: string, make: () => Made): Made {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof GenerateError)) throw cause;
    throw new GenerateError("tools", cause.message.replace(/^responseFormat/, which), { cause });
  }
}

/** Answers of a format, or one call. */
export function callOr(calls: Grammar, format: Grammar): Grammar {
  const own = renamed(format, "answer: ");
  return { root: choice(calls.root, own.root), rules: new Map([...calls.rules, ...own.rules]) };
}
