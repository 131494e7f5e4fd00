/**
 * The values of a text that holds several of them, one behind the other: `pulumi up --json` prints the preview as one
 * document over many lines, and the update's events as one a line.
 * @throws SyntaxError
 */
export function jsonValues(text: string): unknown[] {
  const values: unknown[] = [];
  for (let start = nextStart(text, 0); start < text.length;) {
    const end = endOfValue(text, start);
    values.push(JSON.parse(text.slice(start, end)));
    start = nextStart(text, end);
  }
  return values;
}

function nextStart(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\r\n\uFEFF".includes(text.charAt(at))) at++;
  return at;
}

/** Of an object or array; what is neither is left to the parser to complain of. */
function endOfValue(text: string, start: number): number {
  const syntax = /["{}[\]]/g;
  const string = /"(?:[^"\\]|\\.)*"/gs;
  let depth = 0;
  for (syntax.lastIndex = start; ;) {
    const at = syntax.exec(text)?.index;
    if (at === undefined) return text.length;
    const sign = text.charAt(at);
    if (sign === '"') {
      string.lastIndex = at;
      if (string.exec(text) === null) return text.length;
      syntax.lastIndex = string.lastIndex;
    } else depth += sign === "{" || sign === "[" ? 1 : -1;
    if (depth <= 0) return syntax.lastIndex;
  }
}
