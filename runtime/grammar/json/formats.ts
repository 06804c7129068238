/**
 * What `format` says of a string, as a pattern. Of dates, those that there are; of the others, what everybody takes for one, with an end: a model could go
 * on for ever.
 */
const month31 = "(0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])";
const month30 = "(0[469]|11)-(0[1-9]|[12]\\d|30)";
const leap = "(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29";
const date = `((\\d{4}-(${month31}|${month30}|02-(0[1-9]|1\\d|2[0-8])))|${leap})`;
const time = "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)";
const label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const byte = "(\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-5])";

export const FORMATS: Readonly<Record<string, string>> = {
  date,
  time,
  "date-time": `${date}T${time}`,
  email: `[A-Za-z0-9_+-]{1,24}(\\.[A-Za-z0-9_+-]{1,24}){0,3}@(${label}\\.){1,3}[A-Za-z]{2,24}`,
  hostname: `${label}(\\.${label}){0,3}`,
  ipv4: `${byte}(\\.${byte}){3}`,
  uuid: "[\\da-fA-F]{8}-[\\da-fA-F]{4}-[\\da-fA-F]{4}-[\\da-fA-F]{4}-[\\da-fA-F]{12}",
  uri: `https?://${label}(\\.${label}){0,3}(:\\d{1,4})?(/[A-Za-z0-9._~-]{0,64}){0,8}(\\?[A-Za-z0-9._~=&-]{0,128})?(#[A-Za-z0-9._~-]{0,64})?`,
};
