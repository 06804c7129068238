import { expect, it } from "vitest";
import { progress } from "../../cli/report/progress.js";

/** What a terminal is sent, stdout and stderr being the same one. */
function terminal() {
  let sent = "";
  const write = (text: string): boolean => {
    sent += text;
    return true;
  };
  return { stream: { isTTY: true, columns: 80, write } as unknown as NodeJS.WriteStream, write, sent: () => sent };
}

it("an answer that follows the progress line stays on the terminal, however often the line is cleared", () => {
  const { stream, write, sent } = terminal();
  const line = progress(stream);
  line.show("Reading the prompt");
  for (const piece of ["The capital", " of France", " is Paris."]) {
    line.clear();
    write(piece);
  }
  line.clear();
  const lastErased = sent().lastIndexOf("\u001b[2K");
  expect(sent().slice(lastErased)).toBe("\u001b[2KThe capital of France is Paris.");
});

it("nothing is erased where nothing was shown", () => {
  const { stream, sent } = terminal();
  progress(stream).clear();
  expect(sent()).toBe("");
});
