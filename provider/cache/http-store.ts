import { Agent, request as requestHttp, type IncomingMessage } from "node:http";
import { Agent as SecureAgent, request as requestHttps } from "node:https";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CacheCredentials } from "./credentials";
import { explainedBy, type ObjectBody, type ObjectFacts, type ObjectStore } from "./object-store";
import { lost, refused, silent, unreachable } from "./store-error";

interface Question {
  readonly method: "GET" | "HEAD" | "PUT";
  readonly key: string;
  readonly body?: ObjectBody;
}

/** A cache behind a web server, written to with PUT as Nix itself does it. */
export class HttpStore implements ObjectStore {
  private readonly agents = {
    http: new Agent({ keepAlive: true }),
    https: new SecureAgent({ keepAlive: true }),
  };
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly name: string,
    credentials: CacheCredentials,
    /** Seconds without a byte. */
    private readonly idleLimit: number,
  ) {
    this.headers = { ...basic(credentials), ...credentials.headers };
  }

  async look(key: string): Promise<ObjectFacts | undefined> {
    const answer = await this.ask({ method: "HEAD", key });
    answer.resume();
    if (isAbsent(answer)) return undefined;
    const length = answer.headers["content-length"];
    return { size: length === undefined ? undefined : Number(length) };
  }

  async read(key: string): Promise<Readable | undefined> {
    const answer = await this.ask({ method: "GET", key });
    if (!isAbsent(answer))
      return explainedBy(answer, (cause) => lost(doingOf({ method: "GET", key }), this.name, cause));
    answer.resume();
    return undefined;
  }

  async write(key: string, body: ObjectBody): Promise<void> {
    const answer = await this.ask({ method: "PUT", key, body });
    answer.resume();
    if (isAbsent(answer)) throw refused(doingOf({ method: "PUT", key }), this.name, statusOf(answer));
  }

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  private async ask(question: Question): Promise<IncomingMessage> {
    const answer = await this.followed(question);
    const status = answer.statusCode ?? 0;
    if ((status >= 200 && status <= 299) || isAbsent(answer)) return answer;
    answer.resume();
    const doing = doingOf(question);
    if (status >= 500 || status === 429) throw unreachable(doing, this.name, statusOf(answer));
    throw refused(doing, this.name, statusOf(answer), { status });
  }

  /** As Nix reads, wherever the server sends it. What is written stays with the cache that was named. */
  private async followed(question: Question): Promise<IncomingMessage> {
    let url = new URL(`${this.name}/${question.key}`);
    for (let followed = 0; ; followed++) {
      const answer = await this.answerTo(question, url);
      const next = question.method === "PUT" || followed === mostRedirects ? undefined : sentOn(answer, url);
      if (next === undefined) return answer;
      answer.resume();
      url = next;
    }
  }

  private answerTo(question: Question, url: URL): Promise<IncomingMessage> {
    const { method, body } = question;
    const doing = doingOf(question);
    const length = body && { "content-length": body.size, "content-type": body.type };
    // What opens this cache is nobody else's.
    const headers = { ...(url.origin === new URL(this.name).origin && this.headers), ...length };
    const limit = this.idleLimit * 1000;
    const late = (): Error => silent(doing, this.name, this.idleLimit);
    return new Promise((resolve, reject) => {
      const request =
        url.protocol === "https:"
          ? requestHttps(url, { method, agent: this.agents.https, headers })
          : requestHttp(url, { method, agent: this.agents.http, headers });
      const fail = (cause: Error): void => reject(lost(doing, this.name, cause));
      request.setTimeout(limit, () => request.destroy(late()));
      request.on("error", fail).on("response", (answer) => {
        // From here on it is the answer that would be cut off.
        request.setTimeout(0);
        answer.setTimeout(limit, () => answer.destroy(late()));
        resolve(answer);
      });
      if (body === undefined) request.end();
      // A server may answer before it has read all: then its answer is what counts.
      else pipeline(body.open(), request).catch(fail);
    });
  }
}

const mostRedirects = 5;

function sentOn({ statusCode = 0, headers: { location } }: IncomingMessage, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return undefined;
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  return to !== undefined && ["http:", "https:"].includes(to.protocol) ? to : undefined;
}

function isAbsent({ statusCode }: IncomingMessage): boolean {
  return statusCode === 404 || statusCode === 410;
}

function statusOf({ statusCode, statusMessage }: IncomingMessage): string {
  return `status ${statusCode} ${statusMessage ?? ""}`.trimEnd();
}

const verbs = { GET: "reading", HEAD: "looking for", PUT: "writing" } as const;

function doingOf({ method, key }: Question): string {
  return `${verbs[method]} ${key}`;
}

function basic({ user, password = "" }: CacheCredentials): Record<string, string> {
  if (user === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}
