// Which documents want the language server, and how it is started. Knows nothing of VS Code.
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";

/** Whether a TypeScript document may have kernels, by its name or because it names the language. */
export const mayHaveKernels = ({ fileName, text }) =>
  /\.kernel\.[cm]?ts$/.test(fileName) || (/\.[cm]?tsx?$/.test(fileName) && /["']tilescript["']/.test(text));

const onWindows = process.platform === "win32";
const NAME = onWindows ? "tilescript.cmd" : "tilescript";

/**
 * The command that serves a workspace: the setting, relative to the first folder; else what a folder has installed; else what is on the PATH.
 * Windows starts `.cmd` files through a shell only.
 */
export function serverCommand(setting, folders) {
  const installed = () =>
    folders.map((folder) => join(folder, "node_modules/.bin", NAME)).find((path) => existsSync(path));
  const given = setting.trim();
  const isRelative = /[\\/]/.test(given) && !isAbsolute(given) && folders.length > 0;
  const command = isRelative ? join(folders[0], given) : given || installed() || NAME;
  return {
    command: onWindows ? `"${command}"` : command,
    args: ["lsp"],
    options: { cwd: folders[0], shell: onWindows },
  };
}
