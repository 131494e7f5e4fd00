import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isStorePath } from "../values";
import type { UnitScope } from "./unit-address";
import { templateOf } from "./unit-name";

const folders: Readonly<Record<UnitScope, readonly string[]>> = {
  system: ["etc/systemd/system", "lib/systemd/system"],
  user: ["share/systemd/user", "lib/systemd/user", "etc/systemd/user"],
};

/** Whether it is a store path or something in one. */
export function isSource(text: string): boolean {
  const parts = text.split("/");
  const isEntry = (part: string) => !["", ".", ".."].includes(part);
  return isStorePath(parts.slice(0, 4).join("/")) && parts.slice(4).every(isEntry);
}

/** Where below a package the unit may lie, the first one first. An instance may come from its template's file. */
export function entriesOf(scope: UnitScope, name: string): string[] {
  const template = templateOf(name);
  const names = template === undefined ? [name] : [name, template];
  return names.flatMap((each) => folders[scope].map((folder) => `${folder}/${each}`));
}

/**
 * The source that a link to `target` is seen as: the wanted one when the link leads to the unit in it, else the
 * package that holds the target, so that a preview shows one package replaced by another.
 */
export function sourceOf(target: string, scope: UnitScope, name: string, wanted: string | undefined): string {
  const entry = (path: string) => entriesOf(scope, name).find((each) => path.endsWith(`/${each}`));
  const end = entry(target);
  if (end === undefined || (wanted !== undefined && entry(wanted) !== undefined)) return target;
  return target.slice(0, -end.length - 1);
}

interface Sourced {
  readonly name: string;
  readonly scope: UnitScope;
  readonly source?: string | undefined;
}

/**
 * The text of the unit in a source, so that a preview shows its changed lines: from this machine's store, or as it was
 * read on the machine before. Undefined when it is not built.
 */
export function sourceText(
  { name, scope, source }: Sourced,
  saved: { source?: string | undefined; text?: string | undefined },
): string | undefined {
  if (source === undefined) return undefined;
  if (saved.source === source && saved.text !== undefined) return saved.text;
  const places = ["", ...entriesOf(scope, name)].map((entry) => join(source, entry));
  const file = places.find((place) => existsSync(place) && statSync(place).isFile());
  return file && readFileSync(file, "utf8");
}
