/**
 * Without what a page or a terminal does not show as it is: control characters, and those that turn the direction of
 * writing or take no room, by which one text can be made to look like another.
 */
export function visible(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replaceAll("\t", "    ")
    .replace(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
      "\ufffd",
    );
}

/** At most so many characters; what is left out is said. */
export function clipped(text: string, most: number): string {
  // Nothing is cut in the middle of a character.
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
