import { Service, type Answer, type Request } from "./service";

export interface Note {
  id: number;
  body: string;
  system: boolean;
  author: { id: number };
}

export const self = 42;
const path = "/api/v4/projects/9/merge_requests/7/notes";

/** GitLab, as far as notes of merge request 7 of project 9 go (docs.gitlab.com, Notes API). */
export class Gitlab {
  readonly notes: Note[] = [];

  private constructor(readonly service: Service) {}

  static async start(): Promise<Gitlab> {
    const gitlab: Gitlab = new Gitlab(await Service.start((request) => gitlab.answer(request)));
    return gitlab;
  }

  add(body: string, author = self, system = false): Note {
    const note = { id: 100 + this.notes.length, body, system, author: { id: author } };
    this.notes.push(note);
    return note;
  }

  environment(): Record<string, string> {
    return {
      GITLAB_TOKEN: "gl-token",
      CI_API_V4_URL: `${this.service.url}/api/v4`,
      CI_PROJECT_ID: "9",
      CI_MERGE_REQUEST_IID: "7",
    };
  }

  private answer(request: Request): Answer {
    const { method, token, body } = request;
    if (token !== "Bearer gl-token") return { status: 401, body: { message: "401 Unauthorized" } };
    if (request.path === "/api/v4/user") return { body: { id: self, username: "ci" } };
    if (request.path === path && method === "GET") return this.page(request);
    const text = (body as { body: string } | undefined)?.body ?? "";
    if (request.path === path && method === "POST") return { status: 201, body: this.add(text) };
    const note = this.notes.find(({ id }) => request.path === `${path}/${id}`);
    if (method !== "PUT" || note === undefined) return { status: 404, body: { message: "404 Not found" } };
    if (note.author.id !== self) return { status: 403, body: { message: "403 Forbidden" } };
    note.body = text;
    return { body: note };
  }

  private page({ query }: Request): Answer {
    const [size, page] = [Math.min(100, Number(query.get("per_page") ?? 20)), Number(query.get("page") ?? 1)];
    const isLast = this.notes.length <= page * size;
    return {
      headers: { "x-next-page": isLast ? "" : String(page + 1) },
      body: this.notes.slice((page - 1) * size, page * size),
    };
  }
}
