import { Service, type Answer, type Request } from "./service";

export interface GithubComment {
  id: number;
  body: string;
  user: { login: string; type: string };
  author_association: string;
}

const path = "/api/repos/acme/fleet/issues";

/** GitHub, as far as comments on pull request 7 of acme/fleet go (docs.github.com, REST API: issue comments). */
export class Github {
  readonly comments: GithubComment[] = [];
  /** Whose the token is; a job's own is nobody's. */
  login: string | undefined;

  private constructor(readonly service: Service) {}

  static async start(): Promise<Github> {
    const github: Github = new Github(await Service.start((request) => github.answer(request)));
    return github;
  }

  add(body: string, user = { login: "ci[bot]", type: "Bot" }, association = "NONE"): GithubComment {
    const comment = { id: 100 + this.comments.length, body, user, author_association: association };
    this.comments.push(comment);
    return comment;
  }

  environment(): Record<string, string> {
    return {
      GITHUB_TOKEN: "gh-token",
      GITHUB_REPOSITORY: "acme/fleet",
      GITHUB_API_URL: `${this.service.url}/api`,
    };
  }

  private answer(request: Request): Answer {
    const { method, token, body } = request;
    if (token !== "Bearer gh-token") return { status: 401, body: { message: "Bad credentials" } };
    if (request.path === `${path}/7/comments` && method === "GET") return this.page(request);
    if (request.path === `${path}/7/comments` && method === "POST")
      return { status: 201, body: shown(this.add(bodyOf(body))) };
    if (request.path === "/api/user")
      return this.login === undefined
        ? { status: 403, body: { message: "Resource not accessible by integration" } }
        : { body: { login: this.login } };
    const id = Number(request.path.slice(`${path}/comments/`.length));
    const comment = this.comments.find((one) => one.id === id);
    if (method !== "PATCH" || comment === undefined) return { status: 404, body: { message: "Not Found" } };
    comment.body = bodyOf(body);
    return { body: shown(comment) };
  }

  private page({ query }: Request): Answer {
    const [size, page] = [Math.min(100, Number(query.get("per_page") ?? 30)), Number(query.get("page") ?? 1)];
    const next = `<${this.service.url}${path}/7/comments?page=${page + 1}>; rel="next"`;
    const headers =
      this.comments.length > page * size ? { link: `${next}, <${this.service.url}/last>; rel="last"` } : {};
    return {
      headers: headers as Record<string, string>,
      body: this.comments.slice((page - 1) * size, page * size),
    };
  }
}

function bodyOf(body: unknown): string {
  return (body as { body: string }).body;
}

function shown({ id }: GithubComment): object {
  return { id, html_url: `https://github.example/acme/fleet/pull/7#issuecomment-${id}` };
}
