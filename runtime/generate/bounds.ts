import { Formats, grammarOf, keyOf, type ResponseFormat } from "../grammar/index.js";
import { aboutTools, CallReader, callOr, forcedCall, formOf, signsOf, type ToolUse, toolUse } from "../tools/index.js";
import type { Speech } from "./answer.js";
import type { Constraint } from "./constraint.js";
import { GenerateError } from "./errors.js";
import { type GenerateOptions, KNOWN, requireOptions } from "./options.js";
import { shown } from "./shown.js";

/** How calls are read from an answer. */
export interface Calls {
  readonly reader: CallReader;
  /** Control tokens that are the signs of calls. */
  readonly signs: ReadonlySet<number>;
}

/** What an answer is held to, and what is read from it beside text. */
export interface Bound {
  readonly constraint: Constraint | undefined;
  readonly calls: Calls | undefined;
}

/** What options say of what an answer may be, over the model's vocabulary. */
export class Bounds {
  readonly #speech: Speech;
  readonly #formats: Formats;

  constructor(speech: Speech) {
    this.#speech = speech;
    this.#formats = new Formats(speech.tokenizer, speech.ends);
  }

  /** @throws GenerateError for formats and tools that make no sense together, or to this model */
  of(options: GenerateOptions): Bound {
    const { responseFormat, ignoreEos, parallelToolCalls = true } = options;
    if (typeof parallelToolCalls !== "boolean")
      throw new GenerateError(
        "parallelToolCalls",
        `parallelToolCalls is ${shown(parallelToolCalls)}; give true or false`,
      );
    const use = toolUse(options.tools, options.toolChoice);
    if (ignoreEos && (responseFormat !== undefined || use.required))
      throw new GenerateError(
        "ignoreEos",
        "ignoreEos does not go with responseFormat or a required tool, which end an answer",
      );
    if (use.tools.length > 0) return this.#calling(use, responseFormat, parallelToolCalls);
    return {
      constraint: responseFormat === undefined ? undefined : this.#formats.constraint(responseFormat),
      calls: undefined,
    };
  }

  #calling({ tools, required }: ToolUse, format: ResponseFormat | undefined, isParallel: boolean): Bound {
    const { tokenizer } = this.#speech;
    const form = formOf(tokenizer.toolTemplate);
    const signs = new Set(signsOf(form).flatMap((sign) => tokenizer.addedId(sign) ?? []));
    const most = isParallel ? (form.most ?? Number.POSITIVE_INFINITY) : 1;
    const calls = { reader: new CallReader(form, tools, { isForced: required !== undefined, most }), signs };
    if (!required && format === undefined) return { constraint: undefined, calls };
    // With a format, what is no answer of that is one call.
    const grammar = () => {
      const call = forcedCall(form, required ?? tools);
      return required ? call : callOr(call, grammarOf(format!));
    };
    const key = JSON.stringify(["call", required ?? [tools, keyOf(format!)]]);
    const follow = () => this.#formats.follow(key, grammar, signs);
    return { constraint: format === undefined ? aboutTools("the tools", follow) : follow(), calls };
  }
}

/** Throws GenerateError where tools are given to what has none of its own. */
export function requireNoTools(options: GenerateOptions, instead: string): void {
  requireOptions(options, KNOWN);
  if (toolUse(options.tools).tools.length > 0) throw new GenerateError("tools", `tools are for ${instead}`);
}
