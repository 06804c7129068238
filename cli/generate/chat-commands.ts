import { InputError } from "../report/errors.js";
import type { Conversation } from "./conversation.js";

/** What can be typed instead of a message. */
interface ChatCommand {
  /** What comes behind its name. */
  readonly argument?: string;
  readonly about: string;
  /** Gives what to say of it; undefined ends the program. */
  readonly run: (conversation: Conversation, argument: string) => Promise<string> | string | undefined;
}

const number = (value: number): string => value.toLocaleString("en-US");

const COMMANDS: Readonly<Record<string, ChatCommand>> = {
  help: { about: "this list", run: help },
  context: {
    about: "how much of the context the conversation takes",
    async run(conversation) {
      const { tokens, context } = await conversation.taken();
      return `${number(tokens)} of ${number(context)} tokens in ${number(conversation.history.length)} messages`;
    },
  },
  save: {
    argument: "FILE",
    about: "writes the conversation to a file, with what the model has read of it",
    async run(conversation, path) {
      await conversation.save(path);
      return `saved to ${path}`;
    },
  },
  load: {
    argument: "FILE",
    about: "goes on with a conversation that was saved",
    async run(conversation, path) {
      await conversation.load(path);
      return `loaded ${number(conversation.history.length)} messages`;
    },
  },
  clear: {
    about: "forgets the conversation",
    run(conversation) {
      conversation.clear();
      return "forgotten";
    },
  },
  exit: { about: "ends; Ctrl-D too", run: () => undefined },
};

function written(name: string): string {
  const { argument } = COMMANDS[name]!;
  return argument === undefined ? `/${name}` : `/${name} ${argument}`;
}

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => [written(name), about]);
  lines.push(['"""', "begins a message of several lines, and ends it"]);
  return lines.map(([what, about]) => `${what!.padEnd(12)}${about}`).join("\n");
}

/** Whether a line is a command and no message. A path such as /etc/hosts is a message. */
export const isCommand = (line: string): boolean => /^\/\w+(\s|$)/.test(line);

/** Does what a command says; gives what to say of it, and undefined for the end. @throws InputError for what is no command */
export async function obey(line: string, conversation: Conversation): Promise<string | undefined> {
  const [, name = "", argument = ""] = /^\/(\w+)\s*(.*)$/.exec(line) ?? [];
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name]! : undefined;
  if (!command)
    throw new InputError(
      `there is no command /${name}`,
      '/help lists them; what stands between two lines of """ is a message.',
    );
  if ((argument === "") !== (command.argument === undefined))
    throw new InputError(`/${name} takes ${command.argument ?? "nothing behind it"}`, `Write it as ${written(name)}.`);
  return command.run(conversation, argument);
}
