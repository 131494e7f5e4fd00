import { CommentError } from "./comment-error";

/** Someone who keeps comments, reached with a token. */
export interface Api {
  /** With its path; without a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What to do about an answer of this status, for the reader. */
  hint(status: number): string | undefined;
}

export interface Answer {
  readonly body: unknown;
  readonly headers: Headers;
}

/** @throws CommentError */
export async function request(api: Api, method: string, path: string, body?: object): Promise<Answer> {
  const doing = `${method} ${new URL(api.url).origin}${new URL(api.url + path).pathname}`;
  const response = await answerOf(api, method, path, body).catch((error: unknown) => {
    throw new CommentError({ doing, happened: reasonOf(error), mayPass: true });
  });
  const text = await response.text().catch(() => "");
  if (response.ok) return { body: parsed(text), headers: response.headers };
  const { status } = response;
  const [happened, hint] = [said(text), api.hint(status)];
  throw new CommentError({
    doing,
    status,
    happened,
    hint,
    mayPass: mayPass(response),
    retryAfter: waitOf(response),
  });
}

function answerOf(api: Api, method: string, path: string, body?: object): Promise<Response> {
  // Of a redirection elsewhere, this header does not follow.
  const headers = {
    ...api.headers,
    authorization: `Bearer ${api.token}`,
    ...(body && { "content-type": "application/json" }),
  };
  const signal = AbortSignal.timeout(30_000);
  return fetch(api.url + path, { method, headers, signal, ...(body && { body: JSON.stringify(body) }) });
}

/** The reason is behind "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}

/** Both services name the problem `message`; a proxy before them answers with a page, which helps nobody. */
function said(text: string): string {
  const body = parsed(text);
  const { message, error } = (typeof body === "object" ? (body ?? {}) : {}) as Record<string, unknown>;
  const words = message ?? error ?? "";
  return (typeof words === "string" ? words : JSON.stringify(words)).slice(0, 300);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether asking again may help: the service is in trouble, or was asked too often. */
function mayPass({ status, headers }: Response): boolean {
  if (status >= 500 || status === 429) return true;
  return status === 403 && (headers.has("retry-after") || headers.get("x-ratelimit-remaining") === "0");
}

/** Seconds that it wants to be left alone for. */
function waitOf({ headers }: Response): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? "NaN");
  return seconds >= 0 ? seconds : undefined;
}
