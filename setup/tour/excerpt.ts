/** The interesting part of what the CLI prints: resources, their store paths and changed values, and the counts. */

/** Of `preview --diff`: each resource that is touched, with what changes, as `old => new`. */
export function ofPreview(text: string): string[] {
  const lines: string[] = [];
  let operation = "";
  for (const line of text.split("\n")) {
    operation = /^\s*([-+~]+|\S*) ?pulumi\S*: \((.*)\)/.exec(line)?.[2] ?? operation;
    const [, type, name] = /::[^:]*nix:(\w+)::(.+)\]$/.exec(line) ?? [];
    if (name !== undefined) lines.push(`${type} ${name}: ${operation}`);
    else if (type === undefined && isValue(line, operation))
      lines.push(`    ${line.trim().replace(/ +:/, ":")}`);
  }
  return [...lines.filter(isNew), ...counts(text)];
}

/** A change; or of what is new the one value that matters, where its build will lie. */
function isValue(line: string, operation: string): boolean {
  if (line.includes(" => ")) return !/^\s*~ *(drvPath|out|args|version)\b/.test(line);
  return operation === "create" && /^\s*outPath\s*:/.test(line);
}

/** A refresh and the update after it speak of the same change twice in the same words. */
function isNew(line: string, index: number, lines: readonly string[]): boolean {
  return lines.indexOf(line) === index;
}

/** Of `up` and `destroy`: each resource as it is done, with the last thing it said. */
export function ofUpdate(text: string): string[] {
  const done = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, type, name, how, said] =
      /nix:(\w+) (\S+) (created|updated|deleted|replaced) \([\d.]+\w*\)(.*)$/.exec(line) ?? [];
    const message = said?.trim() ? ` (${said.trim()})` : "";
    if (type !== undefined) done.set(`${type} ${name}`, `${how}${message}`);
  }
  return [...[...done].map(([resource, how]) => `${resource}: ${how}`), ...counts(text)];
}

function counts(text: string): string[] {
  const [, block = ""] = /^Resources:\n((?:\s+\S.*\n?)+)/m.exec(text) ?? [];
  const words = block.split("\n").map((line) => line.replace(/^[\s+~-]+/, "").trim());
  return [words.filter((word) => word !== "").join(", ")].filter((line) => line !== "");
}
