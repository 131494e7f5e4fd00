import { reportOf } from "../../../cli/report/build-report";
import { htmlOf } from "../../../cli/report/html";
import { markdownOf } from "../../../cli/report/markdown";
import { readPreview, readUpdate } from "../../../cli/report/read-run";
import type { Report } from "../../../cli/report/report";

export function reportOfPreview(text: string): Report {
  return reportOf(readPreview(text));
}

/** Both pages of what the engine printed. */
export function rendered(
  text: string,
  kind: "preview" | "update" = "preview",
): { markdown: string; html: string } {
  const report = reportOf(kind === "preview" ? readPreview(text) : readUpdate(text));
  return { markdown: markdownOf(report), html: htmlOf(report) };
}
