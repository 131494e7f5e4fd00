import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import type { ObjectStore } from "./object-store";

/** A cache as a web server of this machine hands it out, for a Nix that cannot ask the cache itself. */
export interface Gateway {
  /** Not to be told to other users of this machine: whoever knows it may read. */
  readonly url: string;
  /** Why an object could not be handed out since this was asked last; Nix itself is told no more than a status. */
  failure(): Error | undefined;
}

/** Opens it on the loopback address, under a path that nobody guesses. */
export async function openGateway(store: ObjectStore): Promise<Gateway> {
  const token = randomBytes(24).toString("hex");
  let failure: Error | undefined;
  const server = createServer((request, response) => {
    hand(store, token, request, response).catch((error: Error) => {
      failure = error;
      if (response.headersSent) response.destroy();
      // A status for which Nix does not ask again: we have.
      else response.writeHead(400).end();
    });
  });
  await new Promise<void>((listening, failed) => {
    server.on("error", failed).listen(0, "127.0.0.1", listening);
  });
  // It holds nobody up who is done.
  server.unref();
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/${token}`, failure: () => [failure, (failure = undefined)][0] };
}

async function hand(
  store: ObjectStore,
  token: string,
  { method, url = "" }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const key = url.startsWith(`/${token}/`) ? url.slice(token.length + 2) : undefined;
  if (key === undefined || !["GET", "HEAD"].includes(method ?? "")) return void response.writeHead(404).end();
  if (method === "HEAD") {
    const size = await store.size(key);
    return void response.writeHead(size === undefined ? 404 : 200).end();
  }
  const stream = await store.read(key);
  if (stream === undefined) return void response.writeHead(404).end();
  await pipeline(stream, response);
}
