import type { Command } from "commander";

/** What a command gets to work with. */
export interface Invocation<Options> {
  /** Positional arguments; a variadic one is spread over the rest. */
  readonly args: readonly string[];
  readonly options: Options;
  /** Aborted by Ctrl-C and by a closed pipe: long work must stop and clean up. */
  readonly signal: AbortSignal;
}

/**
 * One command of the CLI, as data. A file in `cli/commands` exports one as its default and is found by itself. Whatever is slow to load is
 * imported inside `run`: all of these files are loaded for `--help`.
 */
export interface CliCommand<Options = Record<string, unknown>> {
  readonly name: string;
  /** Positional arguments as commander writes them: `<files...>`, `[model]`. */
  readonly usage: string;
  /** What the first argument may be, where that is a fixed list. */
  readonly choices?: readonly string[];
  readonly summary: string;
  /** More lines for `--help`, after the summary. */
  readonly about?: string;
  readonly options: readonly CliOption[];
  readonly examples: readonly string[];
  /** Hands everything after the first argument on, unread: for `run SCRIPT args…`. Options before it are ours. */
  readonly passThrough?: boolean;
  /** Gives the exit code: nothing or 0 for success, 1 where the user's program or input is wrong. */
  run(invocation: Invocation<Options>): Promise<number | undefined>;
}

export interface CliOption {
  /** As commander writes them: `-m, --model <file>`. */
  readonly flags: string;
  readonly about: string;
  /** Turns the text into a value, for an option that may be repeated with what came before; throws commander's InvalidArgumentError. */
  readonly parse?: (text: string, previous?: unknown) => unknown;
  readonly default?: unknown;
  readonly choices?: readonly string[];
  readonly required?: boolean;
  /** Given several times it means all of them: `parse` gets what came before. Any other option that takes a value is taken once. */
  readonly repeatable?: boolean;
  /** Options, by their names in camelCase, that exclude this one. */
  readonly conflicts?: readonly string[];
}

export const command = <Options>(definition: CliCommand<Options>): CliCommand<Options> => definition;

/** Adds a command to commander's program; `done` gets its exit code. */
export function register(
  program: Command,
  definition: CliCommand,
  signal: AbortSignal,
  done: (code: number) => void,
  tools: Tools,
): void {
  const made = program.command(`${definition.name} ${definition.usage}`.trim()).summary(definition.summary);
  made.description(definition.about ? `${definition.summary}\n\n${definition.about}` : definition.summary);
  if (definition.choices) made.registeredArguments[0]?.choices(definition.choices);
  if (definition.passThrough) made.passThroughOptions();
  for (const one of definition.options) made.addOption(tools.option(one));
  made.addHelpText("after", `\nExamples:\n${definition.examples.map((line) => `  $ ${line}`).join("\n")}`);
  made.action(async (...given: unknown[]) => {
    const args = given
      .slice(0, -2)
      .flat()
      .filter((value): value is string => typeof value === "string");
    done((await definition.run({ args, options: made.opts(), signal })) ?? 0);
  });
}

export interface Tools {
  option(definition: CliOption): import("commander").Option;
}
