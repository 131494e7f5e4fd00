import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import type { ObjectStore } from "./object-store";

/** A cache as a web server of this machine hands it out, for a Nix that cannot ask the cache itself. */
export interface Gateway {
  /** Not to be told to other users of this machine: whoever knows it may read. */
  readonly url: string;
  /** Why an object could not be handed out when it was asked for last; Nix itself is told no more than a status. */
  failure(key: string): Error | undefined;
}

/** Opens it on the loopback address, under a path that nobody guesses. */
export async function openGateway(store: ObjectStore): Promise<Gateway> {
  const token = randomBytes(24).toString("hex");
  const failures = new Map<string, Error>();
  const server = createServer((request, response) => {
    const key = keyIn(request, token);
    if (key === undefined) return void response.writeHead(404).end();
    failures.delete(key);
    hand(store, key, request, response).catch((error: Error) => {
      if (!isOfListener(error)) failures.set(key, error);
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
  return { url: `http://127.0.0.1:${port}/${token}`, failure: (key) => failures.get(key) };
}

/** What is asked for, by somebody who may. */
function keyIn({ method = "", url = "" }: IncomingMessage, token: string): string | undefined {
  const isKnown = url.startsWith(`/${token}/`) && ["GET", "HEAD"].includes(method);
  return isKnown ? url.slice(token.length + 2) : undefined;
}

async function hand(
  store: ObjectStore,
  key: string,
  { method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (method === "HEAD") {
    const found = await store.look(key);
    return void response.writeHead(found === undefined ? 404 : 200).end();
  }
  const stream = await store.read(key);
  if (stream === undefined) return void response.writeHead(404).end();
  await pipeline(stream, response);
}

/** Who asked is gone, as a copy that was stopped: that says nothing of the object. */
function isOfListener(error: NodeJS.ErrnoException): boolean {
  return error.code?.startsWith("ERR_STREAM_") ?? false;
}
