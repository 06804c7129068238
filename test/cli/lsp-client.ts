import { type ChildProcess, spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import { bin } from "../built-cli.js";

export interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface Published {
  readonly uri: string;
  readonly version?: number;
  readonly diagnostics: readonly {
    readonly code: string;
    readonly message: string;
    readonly severity: number;
    readonly range: { readonly start: Place; readonly end: Place };
    readonly codeDescription?: { readonly href: string };
    readonly relatedInformation?: readonly { readonly message: string; readonly location: { readonly uri: string } }[];
  }[];
}

interface Place {
  readonly line: number;
  readonly character: number;
}

/** A `tilescript lsp` under way, and an editor that speaks to it. */
export class Editor {
  readonly child: ChildProcess;
  readonly received: Message[] = [];
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => {};
  #id = 0;

  constructor(folder: string) {
    this.child = spawn(process.execPath, [bin, "lsp", "--stdio"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdout!.on("data", (bytes: Buffer) => this.#read(bytes));
    this.child.on("close", () => this.#wake());
  }

  /** Bytes as they are. */
  raw(text: string): void {
    this.child.stdin!.write(text);
  }

  send(message: object): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.raw(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  notify(method: string, params: object): void {
    this.send({ method, params });
  }

  /** The answer to a request, an error too. */
  async ask(method: string, params?: unknown): Promise<Message> {
    const id = ++this.#id;
    this.send({ id, method, ...(params === undefined ? {} : { params }) });
    return this.first((message) => message.id === id && message.method === undefined);
  }

  async initialize(root: string, capabilities: object = {}): Promise<Message> {
    const answer = await this.ask("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(root).href,
      capabilities,
    });
    this.notify("initialized", {});
    return answer;
  }

  open(uri: string, text: string, version = 1): void {
    this.notify("textDocument/didOpen", { textDocument: { uri, languageId: "typescript", version, text } });
  }

  change(uri: string, text: string, version: number): void {
    this.notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [{ text }] });
  }

  /** What is published of a version of a document. */
  async problems(uri: string, version?: number): Promise<Published> {
    const { params } = await this.first(
      ({ method, params }) =>
        method === "textDocument/publishDiagnostics" && params!.uri === uri && params!.version === version,
    );
    return params as unknown as Published;
  }

  /** The first message that is so, taken out of those that were received. */
  async first(test: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const index = this.received.findIndex(test);
      if (index >= 0) return this.received.splice(index, 1)[0]!;
      if (this.child.exitCode !== null) throw new Error(`the server has ended with ${this.child.exitCode}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Its exit code, once it has ended. */
  async ended(): Promise<number | null> {
    while (this.child.exitCode === null && this.child.signalCode === null)
      await new Promise((resolve) => this.child.once("close", resolve));
    return this.child.exitCode;
  }

  #read(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const header = /^Content-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(this.#bytes.toString("latin1"));
      if (header === null) break;
      const [from, to] = [header[0].length, header[0].length + Number(header[1])];
      if (this.#bytes.length < to) break;
      this.received.push(JSON.parse(this.#bytes.subarray(from, to).toString()) as Message);
      this.#bytes = this.#bytes.subarray(to);
    }
    this.#wake();
  }
}
