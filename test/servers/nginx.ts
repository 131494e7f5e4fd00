import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, serverProgram, startServer, type Server } from "./program";

export interface WebCache extends Server {
  /** Everybody may read, `writer` may write. */
  readonly url: string;
  /** Only `writer` may read and write. */
  readonly privateUrl: string;
  /** Likewise, and only with the headers of `guard`. */
  readonly guardedUrl: string;
  /** Where the objects of `url` lie. */
  readonly folder: string;
  readonly privateFolder: string;
  /** `GET /open/x.narinfo 404`, a line each. */
  asked(): Promise<string[]>;
  /** Forgets what was asked. */
  forget(): Promise<void>;
}

// Others' tests look for theirs in every process of the machine.
const own = `${process.pid}-${Date.now().toString(36)}`;
export const writer = { user: "writer", password: `hunter2-${own}` };
export const guard = { "X-Cache-Token": `hunter3-${own}` };

/** A real web server that takes PUT, as a binary cache behind HTTP does. */
export async function startWebCache(address = "127.0.0.1"): Promise<WebCache> {
  const place = mkdtempSync(join(tmpdir(), "pulumi-nix-nginx-"));
  for (const name of ["open", "private", "guarded"])
    mkdirSync(join(place, "root", name), { recursive: true });
  const port = await freePort(address);
  writeFileSync(join(place, "users"), `${writer.user}:{PLAIN}${writer.password}\n`);
  writeFileSync(join(place, "nginx.conf"), configuration(place, address, port));
  const log = join(place, "asked");
  const argv = [
    await serverProgram("nginx"),
    "-p",
    place,
    "-c",
    join(place, "nginx.conf"),
    "-e",
    join(place, "errors"),
  ];
  const server = await startServer(argv, address, port);
  return {
    ...server,
    url: `http://${address}:${port}/open`,
    privateUrl: `http://${address}:${port}/private`,
    guardedUrl: `http://${address}:${port}/guarded`,
    folder: join(place, "root/open"),
    privateFolder: join(place, "root/private"),
    asked: () => written(log, `http://${address}:${port}`),
    forget: async () => {
      await written(log, `http://${address}:${port}`);
      writeFileSync(log, "");
    },
    stop: async () => {
      await server.stop();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

let marks = 0;

/** What was asked is written down behind the answer, of one request after the other: when the last one is there, all are. */
async function written(log: string, url: string): Promise<string[]> {
  const mark = `/mark/${(marks += 1)}`;
  await fetch(url + mark);
  for (;;) {
    const lines = readFileSync(log, "utf8").split("\n").filter(Boolean);
    if (lines.some((line) => line.includes(mark))) return lines.filter((line) => !line.includes("/mark/"));
    await delay(5);
  }
}

function configuration(place: string, address: string, port: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off; master_process off; pid ${place}/pid; worker_processes 1;
events { worker_connections 256; }
http {
  ${temporary.map((kind) => `${kind}_temp_path ${place}/${kind};`).join("\n  ")}
  log_format asked '$request_method $uri $status';
  access_log ${place}/asked asked;
  auth_basic_user_file ${place}/users;
  client_max_body_size 0;
  keepalive_requests 20;
  server {
    listen ${address}:${port};
    root ${place}/root;
    dav_methods PUT;
    create_full_put_path on;
    location /open { limit_except GET HEAD { auth_basic cache; } }
    location /private { auth_basic cache; }
    location /guarded {
      auth_basic cache;
      if ($http_x_cache_token != "${guard["X-Cache-Token"]}") { return 403; }
    }
  }
}
`;
}
