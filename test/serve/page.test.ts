/** The page at `/` in a headless Chromium: someone asks, reads the answer, stops one, and drops a file. */

import { afterAll, beforeAll, expect, test } from "vitest";
import type { Model } from "../../runtime/index.js";
import { findChromium, Page } from "../chromium.js";
import { serveTiny, type TestServer, tinyModel } from "./served.js";

let model: Model;
let server: TestServer;
let page: Page;
beforeAll(async () => {
  model = await tinyModel();
  server = await serveTiny(model);
  page = await Page.open(await findChromium(), server.url, 900, 700);
}, 120_000);
afterAll(async () => {
  await page?.close();
  await server?.close();
  model?.close();
});

const texts = (kind: string) =>
  page.evaluate<string[]>(`[...document.querySelectorAll("article.${kind}")].map((one) => one.textContent)`);
const type = (text: string) =>
  page.evaluate(`(() => { const text = document.getElementById("text"); text.value = ${JSON.stringify(text)}; })()`);
const send = () => page.point("button", "Send", true);
const isIdle = () => page.evaluate<boolean>(`document.getElementById("stop").hidden`);
const settled = () => expect.poll(isIdle, { timeout: 30_000 }).toBe(true);

test("it shows the model, and the answer to what is typed as it comes, with the room that is left", async () => {
  await expect.poll(() => page.evaluate(`document.getElementById("name").textContent`)).toBe("tiny");
  await type("hi");
  await send();
  await expect.poll(() => texts("user")).toEqual(["hi"]);
  await expect.poll(async () => (await texts("assistant"))[0]?.length ?? 0, { timeout: 30_000 }).toBeGreaterThan(0);
  await page.point("button", "Stop", true);
  await settled();
  expect(await texts("problem")).toEqual([]);
  const stopped = await page.evaluate<number>(`document.querySelectorAll("article.stopped").length`);
  // A random model seldom ends by itself; where it did there was nothing left to stop.
  if (stopped === 0)
    expect(await page.evaluate<string>(`document.getElementById("room").textContent`)).toMatch(/of 4,096 tokens/);
  await expect.poll(async () => (await fetch(`${server.url}/metrics`)).text()).toMatch(/under_way 0$/m);
});

test("a dropped file goes with the next message, and one that is no text is refused", async () => {
  const drop = (name: string, content: string) =>
    page.evaluate(
      `(() => { const data = new DataTransfer(); data.items.add(new File([${JSON.stringify(content)}], ${JSON.stringify(name)})); document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })); })()`,
    );
  await drop("note.txt", "The bell of Zanzibar is green.");
  await expect
    .poll(() => page.evaluate(`document.getElementById("dropped").textContent`))
    .toMatch(/^note\.txt, 30 bytes/);
  await type("What is green?");
  await send();
  await expect.poll(async () => (await texts("user")).at(-1)).toBe("note.txt\nWhat is green?");
  await page.point("button", "Stop", true).catch(() => {});
  await settled();
  await drop("picture.png", "\0\0");
  await expect.poll(() => texts("problem")).toEqual(["picture.png is no text"]);
});

test("what the model says stays text, and nothing is loaded from elsewhere", async () => {
  expect(await page.evaluate(`document.querySelectorAll("article *").length`)).toBe(0);
  expect(page.errors).toEqual([]);
  expect(page.requests.filter((url) => !url.startsWith(server.url) && !url.startsWith("data:"))).toEqual([]);
});

test("it fits a narrow window", async () => {
  await page.send("Emulation.setDeviceMetricsOverride", {
    width: 380,
    height: 700,
    deviceScaleFactor: 1,
    mobile: false,
  });
  expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(380);
});
