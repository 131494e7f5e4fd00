import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string | undefined;
  readonly body: unknown;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** A server on this machine that answers as a service does, and keeps what it was asked. */
export class Service {
  readonly requests: Request[] = [];
  /** Given instead of the next answers, one after the other; undefined lets one through. */
  readonly faults: ((request: Request) => Answer | undefined)[] = [];
  private readonly server: Server;

  private constructor(private readonly answer: (request: Request) => Answer) {
    this.server = createServer((incoming, outgoing) => {
      void requestOf(incoming).then((request) => {
        this.requests.push(request);
        const { status = 200, headers = {}, body } = this.faults.shift()?.(request) ?? this.answer(request);
        outgoing.writeHead(status, { "content-type": "application/json", ...headers });
        outgoing.end(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
      });
    });
  }

  static async start(answer: (request: Request) => Answer): Promise<Service> {
    const service = new Service(answer);
    await new Promise<void>((resolve) => service.server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** `POST /path`, as they came. */
  get asked(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(incoming.url ?? "", "http://service");
  const text = Buffer.concat(chunks).toString();
  return {
    method: incoming.method ?? "",
    path: pathname,
    query: searchParams,
    token: incoming.headers.authorization,
    body: text === "" ? undefined : JSON.parse(text),
  };
}
