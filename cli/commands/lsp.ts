import { command } from "../command.js";
import type { Interrupted } from "../report/interrupt.js";

export default command({
  name: "lsp",
  usage: "",
  summary: "Serve editors: problems while you type, types of tiles, documentation of ops.",
  about:
    "A language server: it speaks the Language Server Protocol over standard input and output, and is started by an editor. editors/vscode is an extension for VS Code.",
  options: [
    { flags: "--stdio", about: "as editors say it; there is no other way" },
    { flags: "--clientProcessId <id>", about: "process of the editor, after which this one ends" },
  ],
  examples: ["tilescript lsp --stdio"],
  async run({ signal }) {
    const { serve } = await import("../lsp/server.js");
    process.once("exit", (code) => {
      if (code === 1) process.stderr.write("error: the editor is gone, and has not ended the server\n");
    });
    serve(process.stdin, process.stdout);
    // Ends with the editor's `exit`, or with its end of the pipe.
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    process.exit((signal.reason as Interrupted).exitCode);
  },
});
