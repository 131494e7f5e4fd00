import { isMap, type AnySection, type EnvironmentMap, type UnitSections, type UnitValue } from "./sections";

/**
 * The unit file for sections that have no problem. The same sections give the same text in whatever order they
 * arrive: the engine does not keep the order of a map.
 */
export function renderUnit(sections: UnitSections): string {
  return Object.keys(sections)
    .sort((one, other) => rank(one) - rank(other) || compare(one, other))
    .map((name) => renderSection(name, sections[name] ?? {}))
    .join("\n");
}

function rank(section: string): number {
  return section === "Unit" ? 0 : section === "Install" ? 2 : 1;
}

function renderSection(name: string, section: AnySection): string {
  const lines = Object.keys(section)
    .sort(compare)
    .flatMap((key) => renderKey(key, section[key]));
  return [`[${name}]`, ...lines, ""].join("\n");
}

function renderKey(key: string, value: UnitValue | EnvironmentMap | undefined): string[] {
  if (value === undefined) return [];
  if (isMap(value)) return renderEnvironment(key, value);
  return [value].flat().map((each) => `${key}=${String(each)}`);
}

function renderEnvironment(key: string, variables: EnvironmentMap): string[] {
  return Object.keys(variables)
    .sort(compare)
    .map((name) => `${key}="${name}=${escape(String(variables[name]))}"`);
}

// systemd.syntax(7): within double quotes C escapes count; `%` starts a specifier everywhere.
const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "%": "%%",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escape(text: string): string {
  return text.replace(/[\\"%\n\r\t]/g, (character) => escapes[character] ?? character);
}

// Not localeCompare: that sorts differently from machine to machine.
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
