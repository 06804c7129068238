// Lines that belong to one line of TypeScript light up together: under the pointer, and for good after a click.
const rows = [...document.querySelectorAll("li[data-at]")];
const byPlace = Map.groupBy?.(rows, (row) => row.dataset.at) ?? new Map();
if (byPlace.size === 0)
  for (const row of rows) byPlace.set(row.dataset.at, [...(byPlace.get(row.dataset.at) ?? []), row]);

/** A hue for each line that became something, far from those of its neighbours. */
const made = new Set(rows.filter((row) => !row.closest("[data-stage=TypeScript]")).map((row) => row.dataset.at));
[...byPlace.keys()]
  .filter((place) => made.has(place))
  .forEach((place, index) => {
    for (const row of byPlace.get(place)) {
      row.style.setProperty("--hue", String(Math.round((index * 137.5) % 360)));
      row.classList.add("mapped");
    }
  });

let pinned = null;

function light(place, name) {
  for (const row of document.querySelectorAll(`li.${name}`)) row.classList.remove(name);
  for (const row of byPlace.get(place) ?? []) row.classList.add(name);
}

/** Brings the first lit line of every other pane into view, without moving the page. */
function reveal(place, from, behavior) {
  for (const list of document.querySelectorAll("ol")) {
    if (list === from) continue;
    const first = list.querySelector(`li[data-at="${CSS.escape(place)}"]`);
    if (!first) continue;
    const top = first.offsetTop - list.clientHeight / 3;
    list.scrollTo({ top, behavior });
  }
}

const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";

function pin(place, from, how = behavior) {
  pinned = pinned === place ? null : place;
  light(pinned, "pinned");
  if (pinned !== null) reveal(pinned, from, how);
}

const placeOf = (event) => event.target.closest?.("li.mapped")?.dataset.at ?? null;
const main = document.querySelector("main");
main.addEventListener("pointerover", (event) => light(placeOf(event), "lit"));
main.addEventListener("pointerleave", () => light(null, "lit"));
main.addEventListener("click", (event) => {
  const place = placeOf(event);
  if (place !== null && getSelection().isCollapsed) pin(place, event.target.closest("ol"));
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && pinned !== null) pin(pinned, null);
});

// What comes before the first line of the kernel is the same for all of them.
for (const list of document.querySelectorAll(".made ol")) {
  const first = list.querySelector("li.mapped");
  if (first) list.scrollTop = first.offsetTop - 2 * first.clientHeight;
}

/** `page.html#45` opens with a line of the kernel's own file pinned. */
const wanted = /^#(\d+)$/.exec(location.hash)?.[1];
const own = document.querySelector("[data-stage=TypeScript]");
const linked = [...(own?.querySelectorAll("li.mapped") ?? [])].find((row) => row.dataset.at.endsWith(`:${wanted}`));
if (linked) pin(linked.dataset.at, null, "instant");

// A button for each stage hides and shows it; the others take its room.
const nav = document.querySelector("nav");
for (const stage of new Set([...document.querySelectorAll("section")].map((section) => section.dataset.stage))) {
  const button = document.createElement("button");
  button.textContent = stage;
  button.setAttribute("aria-pressed", "true");
  button.addEventListener("click", () => {
    const isShown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isShown));
    for (const section of document.querySelectorAll(`section[data-stage=${stage}]`)) section.hidden = !isShown;
  });
  nav.append(button);
}
