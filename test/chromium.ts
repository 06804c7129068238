/** A headless Chromium, spoken to through the pipes of its DevTools protocol. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { temporaryFolder } from "./temporary-folder.js";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless_shell"];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The browser that CHROMIUM names, or the first of the usual ones on the path, or the one of the package that comes with the tests. */
export async function findChromium(): Promise<string> {
  const { CHROMIUM, PATH = "" } = process.env;
  const folders = PATH.split(delimiter);
  const found = CHROMIUM || NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
  return found ?? (await import("@sparticuz/chromium")).default.executablePath();
}

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
};

export class Page {
  /** What the page asked for, and what went wrong in it. */
  readonly requests: string[] = [];
  readonly errors: string[] = [];
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #events: ((message: Message) => void)[] = [];
  #session: string | undefined;
  #sent = 0;

  private constructor(browser: string) {
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--hide-scrollbars"];
    const profile = `--user-data-dir=${temporaryFolder("chromium")}`;
    this.#process = spawn(browser, [...flags, profile], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    let rest = "";
    (this.#process.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop()!;
      for (const message of messages) this.#receive(JSON.parse(message) as Message);
    });
  }

  static async open(browser: string, url: string, width: number, height: number, dark = false): Promise<Page> {
    const page = new Page(browser);
    const { targetId } = await page.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await page.send("Target.attachToTarget", { targetId, flatten: true });
    page.#session = sessionId as string;
    for (const domain of ["Page", "Runtime", "Network"]) await page.send(`${domain}.enable`);
    await page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    const features = [
      { name: "prefers-color-scheme", value: dark ? "dark" : "light" },
      { name: "prefers-reduced-motion", value: "reduce" },
    ];
    await page.send("Emulation.setEmulatedMedia", { features });
    const loaded = new Promise<void>((resolve) => {
      page.#events.push(({ method }) => method === "Page.loadEventFired" && resolve());
    });
    await page.send("Page.navigate", { url });
    await loaded;
    return page;
  }

  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.#sent;
    const message = JSON.stringify({ id, method, params, ...(this.#session && { sessionId: this.#session }) });
    (this.#process.stdio[3] as Writable).write(`${message}\0`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ error, result }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result ?? {}),
      );
    });
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result } = await this.send("Runtime.evaluate", { expression, returnByValue: true });
    return (result as { value: T }).value;
  }

  /** Moves the pointer over the first element of a selector that holds a text, and clicks where that is asked for. */
  async point(selector: string, text: string, click = false): Promise<void> {
    const find = `[...document.querySelectorAll(${JSON.stringify(selector)})].find((one) => one.textContent.includes(${JSON.stringify(text)}))`;
    const [x, y] = await this.evaluate<[number, number]>(
      `(() => { const one = ${find}; one.scrollIntoView({ block: "center" }); const { left, top, height } = one.getBoundingClientRect(); return [left + 30, top + height / 2]; })()`,
    );
    const at = { x, y, button: "left", clickCount: 1 };
    await this.send("Input.dispatchMouseEvent", { type: "mouseMoved", ...at, button: "none" });
    if (!click) return;
    for (const type of ["mousePressed", "mouseReleased"]) await this.send("Input.dispatchMouseEvent", { type, ...at });
  }

  /** Ends the browser, which ends its own processes: what is killed leaves some that still write into the profile. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#session = undefined;
    this.send("Browser.close").catch(() => {});
    await ended;
  }

  #receive(message: Message): void {
    const { id, method, params } = message;
    if (id !== undefined) this.#waiting.get(id)?.(message);
    if (method === "Network.requestWillBeSent")
      this.requests.push((params as { request: { url: string } }).request.url);
    if (method === "Runtime.exceptionThrown")
      this.errors.push(JSON.stringify((params as { exceptionDetails: unknown }).exceptionDetails));
    for (const event of this.#events) event(message);
  }
}
