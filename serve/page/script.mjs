// The page's program: a conversation with the server that it came from.

const at = (id) => document.getElementById(id);
const [log, form, text, stop, meter, speed, name, dropped] = [
  "log",
  "form",
  "text",
  "stop",
  "meter",
  "speed",
  "name",
  "dropped",
].map(at);

/** What was said, as the server gets it with every question. */
const messages = [];
let model;
let answering;
/** A file that goes with the next question. */
let file;

function headers() {
  const token = sessionStorage.getItem("token");
  return { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
}

/** Asks the server; where it wants a token, asks whoever sits here for it, once. */
async function ask(path, options = {}) {
  const response = await fetch(path, { ...options, headers: headers() });
  if (response.status !== 401) return response;
  const token = prompt("This server asks for its token:");
  if (!token) return response;
  sessionStorage.setItem("token", token);
  return fetch(path, { ...options, headers: headers() });
}

async function problem(response) {
  const body = await response.json().catch(() => undefined);
  return body?.error?.message ?? `the server answered ${response.status}`;
}

function say(kind, words = "") {
  const item = document.createElement("article");
  item.className = kind;
  item.textContent = words;
  log.append(item);
  item.scrollIntoView({ block: "end" });
  return item;
}

/** The objects of a stream of server-sent events. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data: ")) continue;
      const data = line.slice("data: ".length).trimEnd();
      if (data !== "[DONE]") yield JSON.parse(data);
    }
  }
}

function showUsage({ total_tokens: tokens }, count, seconds) {
  meter.max = model.context;
  meter.value = tokens;
  meter.textContent = `${tokens} of ${model.context} tokens`;
  at("room").textContent = `${tokens.toLocaleString("en")} of ${model.context.toLocaleString("en")} tokens`;
  if (seconds > 0) speed.textContent = `${(count / seconds).toFixed(1)} tokens a second`;
}

async function answer() {
  answering = new AbortController();
  stop.hidden = false;
  const item = say("assistant");
  let [words, first, count] = ["", 0, 0];
  try {
    const response = await ask("/v1/chat/completions", {
      method: "POST",
      signal: answering.signal,
      body: JSON.stringify({ model: model.id, messages, stream: true, stream_options: { include_usage: true } }),
    });
    if (!response.ok) throw new Error(await problem(response));
    for await (const { error, choices, usage } of events(response)) {
      if (error) throw new Error(error.message);
      const piece = choices[0]?.delta?.content;
      if (piece) {
        if (first) count++;
        else first = performance.now();
        words += piece;
        item.textContent = words;
        item.scrollIntoView({ block: "end" });
      }
      if (usage) showUsage(usage, count, (performance.now() - first) / 1000);
    }
  } catch (error) {
    if (error.name === "AbortError") item.classList.add("stopped");
    else say("problem", error.message);
  } finally {
    answering = undefined;
    stop.hidden = true;
  }
  if (words) messages.push({ role: "assistant", content: words });
  else {
    item.remove();
    messages.pop();
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const question = text.value.trim();
  if (answering || !model || !(question || file)) return;
  const content = file ? `${file.name}:\n\n${file.text}\n\n${question}` : question;
  say("user", file ? `${file.name}\n${question}` : question);
  messages.push({ role: "user", content });
  text.value = "";
  file = undefined;
  dropped.textContent = "";
  await answer();
});

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

stop.addEventListener("click", () => answering?.abort());

for (const kind of ["dragenter", "dragover", "dragleave", "drop"])
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    document.body.classList.toggle("over", kind === "dragenter" || kind === "dragover");
  });

document.addEventListener("drop", async (event) => {
  const [one] = event.dataTransfer.files;
  if (!one) return;
  const words = await one.text();
  if (words.includes("\0")) {
    say("problem", `${one.name} is no text`);
    return;
  }
  file = { name: one.name, text: words };
  dropped.textContent = `${one.name}, ${one.size.toLocaleString("en")} bytes, goes with your next message`;
  text.focus();
});

const response = await ask("/v1/models");
if (response.ok) {
  [model] = (await response.json()).data;
  name.textContent = model.id;
  document.title = model.id;
  showUsage({ total_tokens: 0 }, 0, 0);
} else say("problem", await problem(response));
