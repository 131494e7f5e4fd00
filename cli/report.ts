import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { writeComment } from "./comment/comment";
import { optionsOf, UsageError, type Command } from "./command";
import { reportOf } from "./report/build-report";
import { htmlOf } from "./report/html";
import { markdownOf, marker } from "./report/markdown";
import { NotARunError, readPreview, readUpdate } from "./report/read-run";
import type { Run } from "./report/run";

const schema = z.object({
  up: z.string().min(1).optional(),
  html: z.string().min(1).optional(),
  link: z.url({ protocol: /^https?$/, error: "must be a http or https URL" }).optional(),
  comment: z.enum(["github", "gitlab"], { error: "must be github or gitlab" }).optional(),
  number: z.coerce.number({ error: "must be a number" }).int().positive().optional(),
});

export const reportCommand: Command = {
  name: "report",
  summary: "Tells what a preview would change, or an update has changed, for people to read: as Markdown",
  takes: "[PREVIEW]",
  details: [
    "PREVIEW is what `pulumi preview --json` printed; - is standard input. No secrets are shown.",
    "With --comment, the Markdown becomes the stack's one comment on the pull or merge request, which is edited when it",
    "is there. GitHub: GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_API_URL and GITHUB_EVENT_PATH, as its Actions have them.",
    "GitLab: GITLAB_TOKEN (a token with the scope api), CI_API_V4_URL, CI_PROJECT_ID and CI_MERGE_REQUEST_IID.",
  ].join("\n"),
  options: {
    up: { value: "FILE", help: "of an update: what `pulumi up --json` printed, instead of PREVIEW" },
    html: { value: "FILE", help: "write it as a page too, which needs nothing else" },
    link: { value: "URL", help: "where that page can be seen, to be named in the Markdown" },
    comment: { value: "SERVICE", help: "write the comment on github or gitlab" },
    number: { value: "N", help: "the request's number, if the environment does not tell it" },
  },

  async run(given) {
    const { up, html, link, comment, number } = optionsOf(schema, given);
    const report = reportOf(runOf(given.words[0], up));
    const markdown = markdownOf(report, link);
    if (html !== undefined) writeFileSync(html, htmlOf(report));
    process.stdout.write(markdown);
    if (comment === undefined) return 0;
    const done = await writeComment(comment, { marker: marker(report), body: markdown, number }, process.env);
    process.stderr.write(`${done}\n`);
    return 0;
  },
};

function runOf(preview: string | undefined, up: string | undefined): Run {
  if ((preview === undefined) === (up === undefined))
    throw new UsageError("either PREVIEW or --up has to be given");
  const file = preview ?? up ?? "";
  const text = textOf(file);
  try {
    return up === undefined ? readPreview(text) : readUpdate(text);
  } catch (error) {
    throw error instanceof NotARunError ? new UsageError(`${file} ${error.message}`) : error;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
