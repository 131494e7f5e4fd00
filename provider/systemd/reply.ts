/** What a program on units prints: `key=value` lines, an empty line, and text as it is. */
export interface Reply {
  /** The last value of a key. */
  one(key: string): string | undefined;
  all(key: string): string[];
  readonly text: string;
}

export function parseReply(stdout: string): Reply {
  // A reply without text may end in the only empty line, or in none.
  const end = `\n${stdout}`.indexOf("\n\n");
  const head = end < 0 ? stdout : stdout.slice(0, end);
  const pairs = head
    .split("\n")
    .filter((line) => line.includes("="))
    .map((line): [string, string] => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  const all = (key: string): string[] => pairs.filter(([name]) => name === key).map(([, value]) => value);
  return { one: (key) => all(key).at(-1), all, text: end < 0 ? "" : stdout.slice(end + 1) };
}
