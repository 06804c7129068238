import { fileURLToPath } from "node:url";
import {
  type CancellationToken,
  createConnection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { version } from "../main.js";
import { CheckedDocuments } from "./checked-documents.js";
import { hintsOf } from "./hints.js";
import { hoverOf } from "./hover.js";
import type { Places } from "./places.js";
import { shownProblem } from "./problems.js";
import { Settling } from "./settling.js";

/** After the last key press; a check of one edited file takes about as long again. */
const SETTLE_MS = 100;

const WATCHED = [{ globPattern: "**/*.{ts,mts,cts,tsx}" }, { globPattern: "**/tsconfig*.json" }];

/** The folder that names in messages are relative to. */
function rootOf({ workspaceFolders, rootUri }: InitializeParams): string {
  try {
    const uri = workspaceFolders?.[0]?.uri ?? rootUri;
    return uri ? fileURLToPath(uri) : process.cwd();
  } catch {
    return process.cwd();
  }
}

/** Speaks the Language Server Protocol over these streams; ends the process as the protocol says. */
export function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): void {
  const connection = createConnection(input, output);
  const documents = new TextDocuments(TextDocument);
  let checked = new CheckedDocuments(process.cwd());
  let published: ReadonlySet<string> = new Set();

  const checking = new Settling(SETTLE_MS, () => {
    try {
      const found = checked.check(documents.all());
      for (const uri of published) if (!found.has(uri)) void connection.sendDiagnostics({ uri, diagnostics: [] });
      for (const [uri, problems] of found) {
        const diagnostics = problems.map((one) => shownProblem(one, (span) => checked.uriOf(span)));
        void connection.sendDiagnostics({ uri, version: documents.get(uri)?.version, diagnostics });
      }
      published = new Set(found.keys());
    } catch (error) {
      // A fault of the compiler: the next text may be one that it can read.
      connection.console.error(`tilescript: ${error instanceof Error ? error.stack : String(error)}`);
    }
  });

  /** What is known of a document's names by its newest text; undefined where nobody wants to know any more. */
  const placesIn = async (uri: string, { isCancellationRequested }: CancellationToken): Promise<Places | undefined> => {
    await checking.settled();
    return isCancellationRequested ? undefined : checked.places(uri);
  };

  connection.onInitialize((params): InitializeResult => {
    checked = new CheckedDocuments(rootOf(params));
    if (params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration)
      connection.onInitialized(
        () => void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers: WATCHED }),
      );
    return {
      serverInfo: { name: "tilescript", version: version() },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        hoverProvider: true,
        inlayHintProvider: true,
      },
    };
  });
  documents.onDidChangeContent(() => checking.changed());
  documents.onDidClose(() => checking.changed());
  connection.onDidChangeWatchedFiles(({ changes }) => {
    if (changes.some(({ uri }) => uri.endsWith(".json"))) checked.forget();
    checking.changed();
  });
  connection.onHover(async ({ textDocument, position }, token) => {
    const place = (await placesIn(textDocument.uri, token))?.at(position.line, position.character);
    return place ? hoverOf(place, checked.frontend) : null;
  });
  connection.languages.inlayHint.on(async ({ textDocument, range }, token) => {
    const places = await placesIn(textDocument.uri, token);
    return places ? [...hintsOf(places, range)] : [];
  });
  documents.listen(connection);
  connection.listen();
}
