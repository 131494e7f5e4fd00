import type { Detail } from "./detail";
import { code, fence } from "./markdown-text";
import type { Message } from "./report";
import { readable } from "./words";

const signs = { error: "**Error**", warning: "**Warning**", info: "" } as const;

/** A list, the same text once. */
export function messageLines(messages: readonly Message[], { messages: most, lines }: Detail): string[] {
  const names = new Map<string, { message: Message; of: string[] }>();
  for (const message of messages) {
    const key = `${message.severity} ${message.text}`;
    const known = names.get(key) ?? { message, of: [] };
    names.set(key, { message, of: [...known.of, message.of].filter((name) => name !== "") });
  }
  const all = [...names.values()];
  const left = all.length - most;
  const shown = all.slice(0, most).flatMap(({ message, of }) => [...messageLine(message, of, lines), ""]);
  return left > 0 ? [...shown, `… and ${left} more messages.`, ""] : shown;
}

function messageLine({ severity, text }: Message, of: readonly string[], most: number): string[] {
  const more = of.length > 3 ? ` and ${of.length - 3} more` : "";
  const names = of.slice(0, 3).map((name) => code(name, 60));
  const whose = of.length === 0 ? "" : `of ${names.join(", ")}${more}`;
  const head = [signs[severity], whose].filter((word) => word !== "").join(" ");
  const [first = "", ...others] = readable(text).split("\n");
  if (others.length === 0) return [`- ${head}${head === "" ? "" : ": "}${code(first, 300)}`];
  const lines = limited([first, ...others], most);
  return head === "" ? lines : [`- ${head}:`, "", ...lines];
}

export function limited(lines: readonly string[], most: number, language?: string): string[] {
  const left = lines.length - most;
  const shown = left > 1 ? [...lines.slice(0, most), `… and ${left} more lines`] : lines;
  return fence(shown, language);
}
