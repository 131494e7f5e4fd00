import { z } from "zod";
import { UsageError } from "../command";
import type { Comments, Environment } from "./comments";
import { pagesOf } from "./pages";
import { request, type Api } from "./request";

/** Notes of a merge request (docs.gitlab.com: Notes API). */
export function gitlabComments(environment: Environment, number: number | undefined): Comments {
  const api = apiOf(environment);
  const project = encodeURIComponent(needed(environment, "CI_PROJECT_ID"));
  const request_ = number ?? Number(needed(environment, "CI_MERGE_REQUEST_IID"));
  if (!Number.isInteger(request_))
    throw new UsageError("--comment gitlab: CI_MERGE_REQUEST_IID is not a number");
  const all = `/projects/${project}/merge_requests/${request_}/notes`;
  const told = (id: unknown): string => `note ${String(id)} of merge request ${request_}`;
  return {
    list: async function* (marker) {
      // Only our own notes can be edited, and only those did we write.
      const { id: self } = userSchema.parse((await request(api, "GET", "/user")).body);
      for await (const page of pagesOf(api, `${all}?sort=asc&order_by=created_at`)) {
        const notes = notesSchema.parse(page).filter(({ body }) => body.startsWith(marker));
        yield* notes.filter(({ system, author }) => !system && author?.id === self);
      }
    },
    create: async (body) => told(idOf((await request(api, "POST", all, { body })).body)),
    edit: async (id, body) => told(idOf((await request(api, "PUT", `${all}/${id}`, { body })).body)),
  };
}

const userSchema = z.object({ id: z.number() });

const notesSchema = z.array(
  z.object({
    id: z.number(),
    body: z.string().default(""),
    system: z.boolean().default(false),
    author: z.object({ id: z.number() }).nullish(),
  }),
);

function apiOf(environment: Environment): Api {
  return {
    url: needed(environment, "CI_API_V4_URL").replace(/\/+$/, ""),
    token: needed(environment, "GITLAB_TOKEN"),
    headers: { "user-agent": "pulumi-nix" },
    hint: (status) => hints[status],
  };
}

const hints: Readonly<Record<number, string>> = {
  401: "GITLAB_TOKEN is not a token, or has expired",
  403: "the token may not write notes: it needs the scope api and the role Developer or above",
  404: "there is no such merge request, or the token may not see the project",
};

function needed(environment: Environment, name: string): string {
  const value = environment[name];
  if (value !== undefined && value !== "") return value;
  const more =
    name === "CI_MERGE_REQUEST_IID" ? " (this is no pipeline of a merge request); --number N names one" : "";
  throw new UsageError(`--comment gitlab: ${name} is not set${more}`);
}

function idOf(answer: unknown): number | string {
  return userSchema.catch({ id: 0 }).parse(answer).id || "";
}
