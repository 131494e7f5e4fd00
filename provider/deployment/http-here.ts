import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import type { HttpCheck } from "./checks";

/** So much of an answer's body is looked at. */
const bodyLimit = 1048576;

/**
 * Asks a web server as check-http.sh does it there: no proxy, no redirection, certificates verified whatever the
 * environment says. Gives what is wrong with the answer.
 */
export async function askedFromHere(check: HttpCheck, signal: AbortSignal): Promise<string | undefined> {
  const answer = await answerTo(check, signal);
  const body = await bodyOf(answer);
  const status = answer.statusCode ?? 0;
  const wanted = [check.status ?? []].flat();
  // A server may repeat what it was asked, the headers too.
  const start = check.headers === undefined ? `: ${startOf(body)}` : "";
  if (wanted.length > 0 ? !wanted.includes(status) : status < 200 || status > 299) {
    return `status ${status} instead of ${wanted.length > 0 ? wanted.join(" ") : "200-299"}${start}`;
  }
  if (check.body === undefined || body.includes(check.body)) return undefined;
  return `status ${status}, but '${check.body}' is not in the answer${start}`;
}

function answerTo({ http, headers }: HttpCheck, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { headers: { ...headers }, signal, agent: false } as const;
    const request = http.startsWith("https:")
      ? requestHttps(http, { ...options, rejectUnauthorized: true })
      : requestHttp(http, options);
    request.on("response", resolve).on("error", reject).end();
  });
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    // Leaving the loop ends the connection.
    if (size >= bodyLimit) break;
  }
  return Buffer.concat(parts).subarray(0, bodyLimit);
}

function startOf(body: Buffer): string {
  return body
    .subarray(0, 200)
    .toString()
    .replace(/\s+/g, " ")
    .replace(/\p{Cc}/gu, "")
    .trim();
}
