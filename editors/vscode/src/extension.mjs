// The TileScript extension: starts `tilescript lsp` once a document is open that may have kernels.
import { commands, window, workspace } from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";
import { mayHaveKernels, serverCommand } from "./server.mjs";

const LANGUAGES = ["typescript", "typescriptreact"];

let client;

/** Messages of one server at a time: a start waits for the stop before it. */
let last = Promise.resolve();
const inTurn = (step) => {
  last = last.then(step, step);
  return last;
};

async function start() {
  if (client) return;
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  const setting = workspace.getConfiguration("tilescript").get("path", "");
  const server = serverCommand(
    setting,
    folders.map(({ uri }) => uri.fsPath),
  );
  try {
    client = new LanguageClient(
      "tilescript",
      "TileScript",
      { ...server, transport: TransportKind.stdio },
      { documentSelector: LANGUAGES.map((language) => ({ scheme: "file", language })) },
    );
    await client.start();
  } catch (error) {
    const hint = "Install the package in the workspace (npm install tilescript), or set tilescript.path.";
    void window.showErrorMessage(`TileScript: ${server.command} lsp does not start: ${error.message}. ${hint}`);
  }
}

async function stop() {
  const running = client;
  client = undefined;
  // One that never came up has nothing to stop.
  await running?.dispose().catch(() => {});
}

function look(document) {
  if (document.uri.scheme !== "file" || !LANGUAGES.includes(document.languageId)) return;
  if (client === undefined && mayHaveKernels({ fileName: document.fileName, text: document.getText() }))
    void inTurn(start);
}

export function activate({ subscriptions }) {
  const restart = () =>
    inTurn(async () => {
      await stop();
      await start();
    });
  subscriptions.push(
    commands.registerCommand("tilescript.restart", restart),
    workspace.onDidOpenTextDocument(look),
    workspace.onDidSaveTextDocument(look),
    workspace.onDidChangeConfiguration((change) => {
      if (client && change.affectsConfiguration("tilescript.path")) void restart();
    }),
  );
  workspace.textDocuments.forEach(look);
}

export const deactivate = () => inTurn(stop);
