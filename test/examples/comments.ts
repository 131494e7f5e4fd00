import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

interface Comment {
  id: number;
  body: string;
  user: { type: string };
  author: typeof self;
}

const self = { id: 1 };

/** Keeps comments as the programming interfaces of GitHub and GitLab do, on loopback. */
export class Comments {
  readonly all: Comment[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      void this.answer(request).then((answer) => {
        response.writeHead(request.method === "POST" ? 201 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify(answer));
      });
    });
  }

  static async listen(): Promise<Comments> {
    const comments = new Comments();
    await new Promise<void>((resolve) => comments.server.listen(0, "127.0.0.1", resolve));
    return comments;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage): Promise<unknown> {
    if (request.url === "/user") return self;
    if (request.method === "GET") return this.all;
    const { body } = JSON.parse(await textOf(request)) as { body: string };
    const known = this.all.find(({ id }) => request.url?.endsWith(`/${id}`) === true);
    if (known !== undefined) return Object.assign(known, { body });
    const made = { id: this.all.length + 1, body, user: { type: "Bot" }, author: self };
    this.all.push(made);
    return made;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
