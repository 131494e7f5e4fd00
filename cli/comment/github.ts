import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../command";
import { CommentError } from "./comment-error";
import type { Comments, Environment } from "./comments";
import { pagesOf } from "./pages";
import { request, type Api } from "./request";

/** Comments on a pull request (docs.github.com: REST, issue comments, which those of pull requests are). */
export function githubComments(environment: Environment, number: number | undefined): Comments {
  const api = apiOf(environment);
  const repository = needed(environment, "GITHUB_REPOSITORY");
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new UsageError("GITHUB_REPOSITORY is not OWNER/NAME");
  const all = `/repos/${repository}/issues/${number ?? numberOf(environment)}/comments`;
  const one = (id: number): string => `/repos/${repository}/issues/comments/${id}`;
  return {
    list: async function* (marker) {
      for await (const page of pagesOf(api, all)) {
        for (const comment of commentsSchema.parse(page).filter(({ body }) => body.startsWith(marker)))
          if (await isOurs(api, comment)) yield comment;
      }
    },
    create: async (body) => placeOf((await request(api, "POST", all, { body })).body),
    edit: async (id, body) => placeOf((await request(api, "PATCH", one(id), { body })).body),
  };
}

const commentsSchema = z.array(
  z.object({
    id: z.number(),
    body: z
      .string()
      .nullish()
      .transform((text) => text ?? ""),
    user: z.object({ login: z.string().optional(), type: z.string().optional() }).nullish(),
  }),
);

/**
 * Whoever can comment could write our marker, have us write into that comment, and edit it then; what a repository calls
 * people does not tell whether they may write to it. Bots are let in by those who look after it.
 */
async function isOurs(api: Api, { user }: z.infer<typeof commentsSchema>[number]): Promise<boolean> {
  if (user?.type === "Bot") return true;
  return user?.login !== undefined && user.login === (await loginOf(api));
}

/** Whose the token is; undefined of a job's own, which is no person's and may not ask. */
async function loginOf(api: Api): Promise<string | undefined> {
  try {
    const { body } = await request(api, "GET", "/user");
    return z.object({ login: z.string() }).parse(body).login;
  } catch (error) {
    if (error instanceof CommentError && error.status === 403 && !error.mayPass) return undefined;
    throw error;
  }
}

function apiOf(environment: Environment): Api {
  return {
    url: (environment["GITHUB_API_URL"] ?? "https://api.github.com").replace(/\/+$/, ""),
    token: needed(environment, "GITHUB_TOKEN"),
    headers: { accept: "application/vnd.github+json", "user-agent": "pulumi-nix" },
    hint: (status) => hints[status],
  };
}

const hints: Readonly<Record<number, string>> = {
  401: "GITHUB_TOKEN is not a token, or no longer one",
  403: "the token may not write comments: give the job `permissions: pull-requests: write`; the token of a pull request from a fork can never",
  404: "there is no such pull request, or the token may not see the repository",
};

function needed(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === "") throw new UsageError(`--comment github: ${name} is not set`);
  return value;
}

/** Of the event that started the job, or of the reference that it checked out (`refs/pull/1/merge`). */
function numberOf({ GITHUB_EVENT_PATH: path, GITHUB_REF: reference = "" }: Environment): number {
  const event = path === undefined || path === "" ? {} : eventSchema.catch({}).parse(jsonOf(path));
  const [, ofReference] = /^refs\/pull\/(\d+)\//.exec(reference) ?? [];
  const number = event.pull_request?.number ?? event.issue?.number ?? (ofReference && Number(ofReference));
  if (!number)
    throw new UsageError("--comment github: this is no event of a pull request; --number N names one");
  return number;
}

const numbered = z.object({ number: z.number() }).optional();
const eventSchema = z.object({ pull_request: numbered, issue: numbered });

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`--comment github: GITHUB_EVENT_PATH: ${(error as Error).message}`);
  }
}

function placeOf(answer: unknown): string {
  return z.object({ html_url: z.string() }).catch({ html_url: "the comment" }).parse(answer).html_url;
}
