/** The kinds of unit that this resource writes; systemd has more, which make no sense as a file of a program's. */
export const unitTypes = ["service", "socket", "timer", "path", "target", "mount"] as const;

export type UnitType = (typeof unitTypes)[number];

// systemd, src/basic/unit-name.c: at most 255 bytes, these characters, and `@` not as the first one.
const namePattern = /^[A-Za-z0-9:_.\\-][A-Za-z0-9:_.\\@-]*\.[a-z]+$/;
const longest = 255;

/** What is wrong with a unit's name, or undefined. */
export function unitNameProblem(name: string): string | undefined {
  const type = name.slice(name.lastIndexOf(".") + 1);
  if (!name.includes(".") || !isUnitType(type)) {
    return `'${name}' does not end in one of ${unitTypes.map((each) => `.${each}`).join(", ")}`;
  }
  if (name.length > longest) return `a unit name has at most ${longest} characters`;
  if (!namePattern.test(name) || name.startsWith(`.${type}`)) {
    return `'${name}' is not a unit name: letters, digits and : - _ . \\ @ only, something before the suffix, no @ first`;
  }
  if (name.endsWith(`@.${type}`)) {
    return `'${name}' is a template: name an instance of it, such as ${name.replace("@.", "@1.")}`;
  }
  return undefined;
}

/** For a name without a problem. */
export function unitTypeOf(name: string): UnitType {
  return name.slice(name.lastIndexOf(".") + 1) as UnitType;
}

/** `web@.service` for `web@1.service`; undefined for what is no instance. */
export function templateOf(name: string): string | undefined {
  const at = name.indexOf("@");
  return at < 0 ? undefined : `${name.slice(0, at + 1)}${name.slice(name.lastIndexOf("."))}`;
}

function isUnitType(text: string): text is UnitType {
  return (unitTypes as readonly string[]).includes(text);
}
