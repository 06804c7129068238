import { realpathSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { type Checked, check } from "../../compiler/check.js";
import type { Diagnostic } from "../../compiler/diagnostics/index.js";
import { createFrontend, type Frontend } from "../../compiler/frontend/index.js";
import type { Kernel, Span } from "../../compiler/ir/index.js";
import { Places } from "./places.js";

/** A TypeScript file that may have kernels: by its name, or because it names the language. */
const mayHaveKernels = ({ uri }: TextDocument, text: string): boolean =>
  /\.[cm]?tsx?$/.test(uri) && (/\.kernel\.[cm]?ts$/.test(uri) || /["']tilescript["']/.test(text));

/** Where a document is on disk, or would be: imports lead to real paths too. Undefined for what is no file. */
function pathOf(uri: string): string | undefined {
  let path: string;
  try {
    path = fileURLToPath(uri);
  } catch {
    return undefined;
  }
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The documents that an editor has open, checked as `tilescript check` checks files, by the text that the editor has. */
export class CheckedDocuments {
  readonly #root: string;
  readonly #texts = new Map<string, string>();
  readonly #open = new Map<string, TextDocument>();
  readonly #places = new Map<string, Places>();
  #frontend: Frontend | undefined;
  #kernels: readonly Kernel[] = [];

  /** @param root folder that names of files in messages are relative to */
  constructor(root: string) {
    this.#root = root;
  }

  get frontend(): Frontend {
    this.#frontend ??= createFrontend({ texts: this.#texts });
    return this.#frontend;
  }

  /** Reads everything anew next time: a configuration has changed, or the compiler itself stumbled. */
  forget(): void {
    this.#frontend = undefined;
  }

  /** Takes the documents that are open now, and gives the problems of these and of what they import, by address; none is an entry too. */
  check(documents: readonly TextDocument[]): ReadonlyMap<string, readonly Diagnostic[]> {
    this.#open.clear();
    this.#texts.clear();
    this.#places.clear();
    for (const document of documents) {
      const path = pathOf(document.uri);
      if (path === undefined) continue;
      this.#open.set(path, document);
      this.#texts.set(path, document.getText());
    }
    const files = [...this.#texts].flatMap(([path, text]) =>
      mayHaveKernels(this.#open.get(path)!, text) ? [path] : [],
    );
    const { kernels, diagnostics } = this.#checked(files);
    this.#kernels = kernels;
    const found = new Map<string, Diagnostic[]>([...this.#open.values()].map(({ uri }) => [uri, []]));
    for (const one of diagnostics) {
      const uri = this.uriOf(one.span);
      found.set(uri, [...(found.get(uri) ?? []), one]);
    }
    return found;
  }

  /** What is known of the names in a document, as of the last check. */
  places(uri: string): Places | undefined {
    const path = pathOf(uri);
    const text = path === undefined ? undefined : this.#texts.get(path);
    if (path === undefined || text === undefined) return undefined;
    const file = relative(this.#root, path).split(sep).join("/");
    const known = this.#places.get(path) ?? new Places(file, text, this.#kernels);
    this.#places.set(path, known);
    return known;
  }

  uriOf({ file }: Span): string {
    const path = resolve(this.#root, file);
    return this.#open.get(path)?.uri ?? pathToFileURL(path).href;
  }

  #checked(files: readonly string[]): Pick<Checked, "kernels" | "diagnostics"> {
    try {
      return check(files, { project: this.#root, frontend: this.frontend });
    } catch (error) {
      this.#kernels = [];
      this.forget();
      throw error;
    }
  }
}
