import { readdirSync, readFileSync } from "node:fs";
import { parse } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type CliCommand, type CliOption, register } from "./command.js";
import { interruptible } from "./report/interrupt.js";
import { report } from "./report/report.js";

/** Exit codes: the whole contract with scripts. */
export const EXIT = { fine: 0, wrongInput: 1, wrongUsage: 2 } as const;

const ORDER = [
  "check",
  "print",
  "inspect",
  "build",
  "run",
  "tune",
  "pull",
  "generate",
  "chat",
  "eval",
  "bench",
  "doctor",
];

/**
 * Every file of `commands/` is one command, of its name; those we know come in the order in which people meet them. Where one is called for
 * the others are not loaded: it takes a tenth of a second.
 */
async function commands(argv: readonly string[]): Promise<CliCommand[]> {
  const folder = new URL("./commands/", import.meta.url);
  const names = readdirSync(folder).filter((name) => /^[\w-]+\.(?:js|ts)$/.test(name) && !name.endsWith(".d.ts"));
  const first = argv.find((one) => one !== "--verbose");
  const called = names.filter((name) => parse(name).name === first);
  const found = await Promise.all(
    (called.length > 0 ? called : names).map(
      async (name) => ((await import(new URL(name, folder).href)) as { default: CliCommand }).default,
    ),
  );
  const rank = ({ name }: CliCommand): number => (ORDER.indexOf(name) + ORDER.length + 1) % (ORDER.length + 1);
  return found.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

function option({
  flags,
  about,
  parse,
  choices,
  required,
  repeatable,
  conflicts,
  default: initial,
}: CliOption): Option {
  const made = new Option(flags, about);
  if (choices) made.choices(choices);
  if (conflicts) made.conflicts([...conflicts]);
  if (parse) made.argParser(parse);
  if (initial !== undefined) made.default(initial);
  if (!repeatable && !made.isBoolean()) once(made);
  return required ? made.makeOptionMandatory() : made;
}

/** The last of several would win in silence. */
function once(made: Option): void {
  const parse = made.parseArg;
  let given: string | undefined;
  made.parseArg = ((text: string, previous: unknown) => {
    if (given !== undefined)
      throw new InvalidArgumentError(`It was given as '${given}' before, and can be given only once.`);
    given = text;
    return parse ? parse(text, previous as never) : text;
  }) as typeof made.parseArg;
}

export function version(): string {
  for (const up of ["../package.json", "../../package.json"]) {
    try {
      return (JSON.parse(readFileSync(fileURLToPath(new URL(up, import.meta.url)), "utf8")) as { version: string })
        .version;
    } catch {
      // One of the two is right: this file runs from the source tree in tests and from dist/ otherwise.
    }
  }
  return "unknown";
}

async function program(argv: readonly string[], signal: AbortSignal, done: (code: number) => void): Promise<Command> {
  const top = new Command("tilescript")
    .description("GPU tile kernels in TypeScript, and language models that run on them.")
    .version(version(), "-v, --version", "print the version")
    .option("--verbose", "show stack traces and what is behind an error")
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError("(tilescript --help, or tilescript <command> --help, shows how)")
    .addHelpText(
      "after",
      '\nExamples:\n  $ tilescript check kernels/*.kernel.ts\n  $ tilescript run examples/vector-add.ts\n  $ tilescript generate --prompt "What is the capital of France?"\n  $ tilescript doctor',
    );
  for (const definition of await commands(argv)) register(top, definition, signal, done, { option });
  for (const made of top.commands)
    made.copyInheritedSettings(top).option("--verbose", "show stack traces and what is behind an error");
  return top;
}

/** Runs one command line and sets the exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const verbose = argv.includes("--verbose");
  const interrupt = interruptible();
  let code: number = EXIT.fine;
  try {
    const top = await program(argv, interrupt.signal, (given) => {
      code = given;
    });
    if (argv.length === 0) top.help();
    await top.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) code = error.exitCode === 0 ? EXIT.fine : EXIT.wrongUsage;
    else if (!interrupt.signal.aborted) code = await report(error, verbose);
  } finally {
    interrupt.finish();
  }
  process.exitCode = interrupt.exitCode ?? code;
}
