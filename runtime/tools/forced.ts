import { GenerateError } from "../generate/errors.js";
import { choice, type Expression, type Grammar, mapParts, sequence, text } from "../grammar/expression.js";
import { readSchema } from "../grammar/json/schema.js";
import type { Form } from "./forms.js";
import type { Tool } from "./tools.js";

const NO_ARGUMENTS = { type: "object", properties: {} };

/** Answers that call one of some tools, and say nothing else. @throws GenerateError for parameters that cannot be followed */
export function forcedCall(form: Form, tools: readonly Tool[]): Grammar {
  const rules = new Map<string, Expression>();
  const options = tools.map(({ function: { name, parameters = NO_ARGUMENTS } }) => {
    const own = named(argumentsOf(name, parameters), `${name}: `);
    for (const [rule, body] of own.rules) rules.set(rule, body);
    const [before, behind] = form.around(name);
    return sequence(text(before), own.root, text(behind));
  });
  return { root: choice(...options), rules };
}

/** Arguments are an object, whatever else a schema lets through. */
function argumentsOf(name: string, parameters: unknown): Grammar {
  try {
    return readSchema(parameters, { type: "object" });
  } catch (cause) {
    if (!(cause instanceof GenerateError)) throw cause;
    throw new GenerateError("tools", cause.message.replace(/^responseFormat/, `the tool ${name}`), { cause });
  }
}

/** Answers of a format, or one call. */
export function callOr(calls: Grammar, format: Grammar): Grammar {
  const own = named(format, "answer: ");
  return { root: choice(calls.root, own.root), rules: new Map([...calls.rules, ...own.rules]) };
}

/** The same grammar, its rules with a name before their own. */
function named({ root, rules }: Grammar, prefix: string): Grammar {
  const known = new Map<Expression, Expression>();
  const renamed = (expression: Expression): Expression => {
    const own =
      known.get(expression) ??
      (expression.kind === "rule" ? { ...expression, name: prefix + expression.name } : mapParts(expression, renamed));
    known.set(expression, own);
    return own;
  };
  return { root: renamed(root), rules: new Map([...rules].map(([name, body]) => [prefix + name, renamed(body)])) };
}
