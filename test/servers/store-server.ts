import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { narInfoKey } from "../../provider/cache/nar-info";
import type { StorePath } from "../../provider/values";
import { output, run } from "../fleet";

export interface StoreServer {
  readonly url: string;
  /** Paths whose archives end in the middle. */
  readonly cut: Set<StorePath>;
  stop(): Promise<void>;
}

/**
 * Tells of paths of this machine's store as nix-serve does, which Debian does not have: an archive is made while it is
 * read, uncompressed, so nobody knows its length beforehand, and the narinfo has no line about a file.
 */
export async function startStoreServer(paths: readonly StorePath[]): Promise<StoreServer> {
  const told = await Promise.all(paths.map(narInfoLike));
  const infos = new Map(told.map(({ key, text }) => [`/${key}`, text]));
  const archives = new Map(told.map(({ url, path }) => [`/${url}`, path]));
  const cut = new Set<StorePath>();
  const server = createServer((request, response) => {
    const { url = "" } = request;
    const path = archives.get(url);
    if (path !== undefined) return void archive(path, cut.has(path), request, response);
    const text = url === "/nix-cache-info" ? "StoreDir: /nix/store\n" : infos.get(url);
    response.writeHead(text === undefined ? 404 : 200, { "content-type": "text/x-nix-narinfo" }).end(text);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    stop: async () => {
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Told {
  readonly path: StorePath;
  readonly key: string;
  readonly url: string;
  readonly text: string;
}

async function narInfoLike(path: StorePath): Promise<Told> {
  const query = async (question: string): Promise<string> =>
    output(question, await run(["nix-store", "--query", question, path]));
  const hash = await query("--hash");
  const references = (await query("--references")).split("\n").filter(Boolean);
  const key = narInfoKey(path);
  const url = `nar/${key.replace(".narinfo", "")}-${hash.replace("sha256:", "")}.nar`;
  const lines = [
    `StorePath: ${path}`,
    `URL: ${url}`,
    "Compression: none",
    `NarHash: ${hash}`,
    `NarSize: ${await query("--size")}`,
    `References: ${references.map((one) => basename(one)).join(" ")}`,
    `Deriver: ${basename(await query("--deriver"))}`,
  ];
  return { path, key, url, text: `${lines.join("\n")}\n` };
}

async function archive(
  path: StorePath,
  isCut: boolean,
  { method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/plain" });
  if (method === "HEAD") return void response.end();
  const dump = spawn("nix-store", ["--dump", path], { stdio: ["ignore", "pipe", "inherit"] });
  if (isCut)
    dump.stdout.once("data", (bytes: Buffer) =>
      response.write(bytes.subarray(0, 200), () => response.destroy()),
    );
  else await pipeline(dump.stdout, response).catch(() => undefined);
}
