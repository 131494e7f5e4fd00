import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";

/** A web server that answers well, badly or not at all, as the path says. */
export interface TrialServer {
  readonly port: number;
  /** Of the one whose certificate nobody can verify. */
  readonly tlsPort: number;
  /** The argument lists of all processes, as they were at any request. */
  readonly commandLines: string[];
  close(): void;
}

export async function trialServer(): Promise<TrialServer> {
  const commandLines: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    commandLines.push(...processes());
    answerTo(request, response);
  };
  const servers = [createServer(answer), createTlsServer(certificate(), answer)] as const;
  const [port, tlsPort] = await Promise.all(servers.map(listening));
  const close = (): void => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  return { port: port as number, tlsPort: tlsPort as number, commandLines, close };
}

function answerTo(request: IncomingMessage, response: ServerResponse): void {
  const [, what = "", more = ""] = (request.url ?? "").split(/[/?]/);
  switch (what) {
    case "status":
      response.writeHead(Number(more), { location: "/status/200" }).end(`the answer is ${more}\n`);
      break;
    case "say":
      response.end(decodeURIComponent(more));
      break;
    case "headers":
      response.end(JSON.stringify(request.headers));
      break;
    case "close":
      request.socket.destroy();
      break;
    case "cut":
      response.writeHead(200, { "content-length": 1000 });
      response.write("so far");
      setTimeout(() => request.socket.destroy(), 50);
      break;
    case "endless":
      pour(response);
      break;
    default: // hangs
  }
}

function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write("so it goes on\n".repeat(1000)));
  response.once("drain", () => pour(response));
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function certificate(): { key: string; cert: string } {
  const args =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout - -subj /CN=127.0.0.1";
  const both = execFileSync("openssl", args.split(" "), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return { key: both, cert: both };
}

function processes(): string[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}
