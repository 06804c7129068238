/** strftime in the C locale, as Python has it. */
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "January February March April May June July August September October November December".split(" ");

const two = (value) => String(value).padStart(2, "0");
const hour12 = (date) => date.getHours() % 12 || 12;
const dayOfYear = (date) =>
  Math.round(
    (new Date(date.getFullYear(), date.getMonth(), date.getDate()) - new Date(date.getFullYear(), 0, 1)) / 864e5,
  ) + 1;

const PARTS = {
  a: (date) => DAYS[date.getDay()].slice(0, 3),
  A: (date) => DAYS[date.getDay()],
  b: (date) => MONTHS[date.getMonth()].slice(0, 3),
  B: (date) => MONTHS[date.getMonth()],
  d: (date) => two(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  F: (date) => strftime("%Y-%m-%d", date),
  H: (date) => two(date.getHours()),
  I: (date) => two(hour12(date)),
  j: (date) => String(dayOfYear(date)).padStart(3, "0"),
  m: (date) => two(date.getMonth() + 1),
  M: (date) => two(date.getMinutes()),
  p: (date) => (date.getHours() < 12 ? "AM" : "PM"),
  S: (date) => two(date.getSeconds()),
  T: (date) => strftime("%H:%M:%S", date),
  w: (date) => String(date.getDay()),
  y: (date) => two(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
  "%": () => "%",
};

/** Of `%-d` and its like the zeros in front are left out. */
export const strftime = (format, date) =>
  format.replace(/%(-?)([a-zA-Z%])/g, (whole, bare, part) => {
    if (!Object.hasOwn(PARTS, part)) throw new Error(`strftime_now: ${whole} is not supported`);
    const text = PARTS[part](date);
    return bare ? text.replace(/^0+(?=\d)/, "") : text;
  });
