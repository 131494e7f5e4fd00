import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { writeComment } from "./comment/write-comment";
import { optionsOf, UsageError, type Command } from "./command";
import { nothingShown, reportOf, type Named } from "./report/build-report";
import { htmlOf } from "./report/html";
import { markdownOf, marker } from "./report/markdown";
import { NotARunError, readPreview, readUpdate } from "./report/read-run";
import type { Report } from "./report/report";
import type { Run } from "./report/run";

const schema = z.object({
  up: z.string().min(1).optional(),
  html: z.string().min(1).optional(),
  link: z.url({ protocol: /^https?$/, error: "must be a http or https URL" }).optional(),
  comment: z.enum(["github", "gitlab"], { error: "must be github or gitlab" }).optional(),
  stack: z
    .string()
    .regex(/^[^/\s]+\/[^/\s]+$/, { error: "must be PROJECT/STACK" })
    .optional(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/i, { error: "must be a commit's hash" })
    .optional(),
  failed: z.boolean().default(false),
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
    "With --stack, a file that cannot be read is told of too, as a run that failed; the exit code is 2 all the same.",
  ].join("\n"),
  options: {
    up: { value: "FILE", help: "of an update: what `pulumi up --json` printed, instead of PREVIEW" },
    html: { value: "FILE", help: "write it as a page too, which needs nothing else" },
    link: { value: "URL", help: "where that page can be seen, to be named in the Markdown" },
    comment: { value: "SERVICE", help: "write the comment on github or gitlab" },
    stack: { value: "PROJECT/STACK", help: "of which it is, for one that fails before it says so" },
    commit: { value: "SHA", help: "of which it is; by default GITHUB_SHA or CI_COMMIT_SHA" },
    failed: { help: "it ended with another exit code than 0, whatever it printed" },
    number: { value: "N", help: "the request's number, if the environment does not tell it" },
  },

  async run(given) {
    const { html, link, comment, number, ...options } = optionsOf(schema, given);
    const { report, unread } = readReport(given.words[0], { ...options, commit: commitOf(options.commit) });
    if (comment !== undefined && report.project === "") throw new UsageError(nameless);
    const markdown = markdownOf(report, link);
    if (html !== undefined) writePage(html, htmlOf(report));
    process.stdout.write(markdown);
    if (comment !== undefined) {
      const done = await writeComment(
        comment,
        { marker: marker(report), body: markdown, number },
        process.env,
      );
      process.stderr.write(`${done}\n`);
    }
    if (unread !== undefined) throw unread;
    return 0;
  },
};

function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new UsageError(`--html: ${file} cannot be written: ${(error as Error).message}`);
  }
}

const nameless =
  "the file does not say of which stack it is, and so not which comment: --stack PROJECT/STACK does";

interface Options {
  readonly up?: string | undefined;
  readonly stack?: string | undefined;
  readonly commit?: string | undefined;
  readonly failed: boolean;
}

/** `unread` says why nothing of the file is in the report. */
function readReport(
  preview: string | undefined,
  { up, stack: name, ...more }: Options,
): { report: Report; unread?: UsageError } {
  if ((preview === undefined) === (up === undefined))
    throw new UsageError("either PREVIEW or --up has to be given");
  const [project = "", stack = ""] = name?.split("/") ?? [];
  const known: Named = { project, stack, ...more };
  const read = readOrWhyNot(preview ?? up ?? "", up === undefined ? readPreview : readUpdate);
  if (!(read instanceof UsageError)) return { report: reportOf(named(read, name), known) };
  if (name === undefined) throw read;
  return { report: nothingShown(up === undefined ? "preview" : "update", known), unread: read };
}

/** A job that names another stack than it shows would overwrite that one's comment. */
function named(run: Run, name: string | undefined): Run {
  const own = `${run.project}/${run.stack}`;
  if (name === undefined || run.project === "" || own === name) return run;
  throw new UsageError(`--stack: the file is of ${own}`);
}

function commitOf(given: string | undefined): string | undefined {
  const { GITHUB_SHA: github, CI_COMMIT_SHA: gitlab } = process.env;
  return given ?? schema.shape.commit.catch(undefined).parse(github ?? gitlab);
}

function readOrWhyNot(file: string, read: (text: string) => Run): Run | UsageError {
  try {
    return read(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    if (error instanceof NotARunError) return new UsageError(`${file} ${error.message}`);
    return new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
