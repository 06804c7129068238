const words = (text: string): readonly string[] => text.split(" ");

const ROOMS = words("bathroom bedroom garden hallway kitchen office");
const YES_OR_NO = words("no yes");

/** What answers of a task may be: the facts are those of bAbI (arXiv 1502.05698), whose places, things and persons are few. */
export const LABELS: Readonly<Record<string, readonly string[]>> = {
  qa1: ROOMS,
  qa2: ROOMS,
  qa3: ROOMS,
  qa4: ROOMS,
  qa5: words("Bill Fred Jeff Mary apple football milk"),
  qa6: YES_OR_NO,
  qa7: words("none one two three"),
  qa8: words("apple football milk nothing"),
  qa9: YES_OR_NO,
  qa10: words("maybe no yes"),
  qa11: ROOMS,
  qa12: ROOMS,
  qa13: ROOMS,
  qa14: words("bedroom cinema kitchen office park school"),
  qa15: words("cat mouse sheep wolf"),
  qa16: words("gray green white yellow"),
  qa17: YES_OR_NO,
  qa18: YES_OR_NO,
  qa19: words("e,e e,n e,s n,e n,n n,w s,e s,s s,w w,n w,s w,w"),
  qa20: words("bedroom bored garden hungry kitchen thirsty tired"),
};
