import { GenerateError } from "../generate/errors.js";
import { shown } from "../generate/shown.js";

/** A function that a model may ask for, as OpenAI's API describes it. */
export interface Tool {
  readonly type: "function";
  readonly function: {
    readonly name: string;
    readonly description?: string;
    /** A JSON schema of the arguments, which are an object. Default: it has none. */
    readonly parameters?: Readonly<Record<string, unknown>>;
  };
}

/** Whether tools are called: as the model likes, never, surely one of them, or surely this one. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** A tool that the model asks for. What it gives goes into a message of the role tool, with the same id. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What is asked of tools, once it makes sense. */
export interface ToolUse {
  /** None where none may be called. */
  readonly tools: readonly Tool[];
  /** Those of which one is to be called; undefined where the model chooses. */
  readonly required: readonly Tool[] | undefined;
}

const NAME = /^[\w.-]{1,64}$/;
const MOST = 128;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws GenerateError for tools and choices that make no sense */
export function toolUse(tools: readonly Tool[] | undefined, choice: ToolChoice = "auto"): ToolUse {
  if (tools !== undefined && !Array.isArray(tools)) throw new GenerateError("tools", "tools is no list of tools");
  const all = plain(tools ?? []);
  if (all.length > MOST) throw new GenerateError("tools", `there are ${all.length} tools, more than ${MOST}`);
  all.forEach(requireTool);
  const names = all.map((tool) => tool.function.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new GenerateError("tools", `two tools have the name ${twice}`);
  if (choice === "auto") return { tools: all, required: undefined };
  if (choice === "none") return { tools: [], required: undefined };
  if (choice !== "required" && typeof (choice as { name?: unknown } | null)?.name !== "string")
    throw new GenerateError(
      "toolChoice",
      `toolChoice is ${shown(choice)}; give "auto", "none", "required" or { name }`,
    );
  const required = choice === "required" ? all : all.filter((tool) => tool.function.name === choice.name);
  if (required.length === 0)
    throw new GenerateError(
      "toolChoice",
      choice === "required" ? "toolChoice is required, and there are no tools" : `there is no tool ${choice.name}`,
    );
  return { tools: all, required };
}

/** Templates get tools, and another thread. */
function plain(tools: readonly Tool[]): readonly Tool[] {
  try {
    return JSON.parse(JSON.stringify(tools));
  } catch (cause) {
    throw new GenerateError("tools", `the tools are no JSON: ${(cause as Error).message.split("\n", 1)[0]}`, { cause });
  }
}

function requireTool(tool: Tool, index: number): void {
  const { type, function: called } = tool ?? {};
  if (type !== "function" || !isRecord(called))
    throw new GenerateError("tools", `tool ${index} is to be { type: "function", function: { name, … } }`);
  if (typeof called.name !== "string" || !NAME.test(called.name))
    throw new GenerateError(
      "tools",
      `tool ${index} has the name ${shown(called.name)}; give 1 to 64 of A-Z a-z 0-9 _ . -`,
    );
  if (called.description !== undefined && typeof called.description !== "string")
    throw new GenerateError("tools", `the tool ${called.name} has a description that is no text`);
  if (called.parameters !== undefined && !isRecord(called.parameters))
    throw new GenerateError("tools", `the tool ${called.name} has parameters that are no JSON schema`);
  const { type: given = "object" } = called.parameters ?? {};
  if (![given].flat().includes("object"))
    throw new GenerateError(
      "tools",
      `the tool ${called.name} has parameters of type ${shown(given)}; arguments are an object: give type "object"`,
    );
}
