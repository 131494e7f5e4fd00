import { setTimeout as wait } from "node:timers/promises";
import { CommentError } from "./comment-error";
import type { Comments, Environment } from "./comments";
import { githubComments } from "./github";
import { gitlabComments } from "./gitlab";

export interface CommentRequest {
  /** The comment's first line, by which it is found again. */
  readonly marker: string;
  readonly body: string;
  /** Of the request; by default the environment tells. */
  readonly number: number | undefined;
}

/**
 * Edits the comment that begins with the marker, or writes it.
 * @returns what was done
 * @throws CommentError
 */
export async function writeComment(
  service: "github" | "gitlab",
  { marker, body, number }: CommentRequest,
  environment: Environment,
): Promise<string> {
  const comments = (service === "github" ? githubComments : gitlabComments)(environment, number);
  return patiently(() => upsert(comments, marker, body));
}

async function upsert(comments: Comments, marker: string, body: string): Promise<string> {
  for await (const { id } of comments.list(marker)) {
    const edited = await editUnlessGone(comments, id, body);
    if (edited !== undefined) return `edited ${edited}`;
  }
  return `wrote ${await comments.create(body)}`;
}

async function editUnlessGone(comments: Comments, id: number, body: string): Promise<string | undefined> {
  try {
    return await comments.edit(id, body);
  } catch (error) {
    if (error instanceof CommentError && error.status === 404) return undefined;
    throw error;
  }
}

const tries = 4;
const longestWait = 60;

/**
 * All of it again, from the look for the comment on: one that was written although the answer was an error is then
 * found, and no second one is written.
 */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let failed = 1; ; failed++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof CommentError) || !error.mayPass || failed === tries) throw error;
      const seconds = error.retryAfter ?? 2 ** (failed - 2);
      if (seconds > longestWait) throw error;
      await wait(1000 * seconds);
    }
  }
}
