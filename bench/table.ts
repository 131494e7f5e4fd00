import type { Spread } from "./measure";

/** A Markdown table; columns of figures are aligned to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (rows.every((row) => isFigure(row[column])) ? "---:" : "---"));
  return [head, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

export const nothing = "–";

export function seconds({ median }: Spread): string {
  return median.toFixed(median < 10 ? 2 : 1);
}

/** The median, and in brackets the least and the most of the rounds. */
export function ratio({ median, least, most }: Spread): string {
  if (least === most) return median.toFixed(2);
  return `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}

export function megabytes(bytes: number): string {
  const amount = bytes / 1e6;
  return amount.toFixed(amount < 10 ? 2 : 1);
}

function isFigure(cell: string | undefined): boolean {
  return cell === undefined || cell === "" || cell === nothing || /^[\d.]/.test(cell);
}
