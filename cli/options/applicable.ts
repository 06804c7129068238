const flagOf = (name: string, value: unknown): string =>
  `--${value === false ? "no-" : ""}${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * What is wrong with an option that says nothing to the task of a command; undefined where none is. `tasksOf` has the tasks of those options that are not for
 * all, by their names in camelCase.
 */
export function inapplicable(
  command: string,
  task: string,
  options: Readonly<Record<string, unknown>>,
  tasksOf: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  for (const [name, value] of Object.entries(options)) {
    const tasks = tasksOf[name];
    if (value !== undefined && tasks && !tasks.includes(task))
      return `${flagOf(name, value)} says nothing to ${command} ${task}: it is for ${tasks.map((one) => `${command} ${one}`).join(" and ")}`;
  }
  return undefined;
}
