import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HttpStore } from "../../provider/cache/http-store";
import { readText, textBody, type ObjectStore } from "../../provider/cache/object-store";
import { retrying } from "../../provider/cache/retrying";
import { ConnectError, InterruptedError, TimeoutError } from "../../provider/errors";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Faults that a real web server does not give on demand. */
describe("a cache behind a web server", () => {
  let server: Server;
  let answer: Answer;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      answer(request, response);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const store = (idleLimit = 60): ObjectStore => {
    const { port } = server.address() as AddressInfo;
    return new HttpStore(
      `http://127.0.0.1:${port}/cache`,
      { user: "reader", password: "hunter2" },
      idleLimit,
    );
  };
  const times = (count: number, first: Answer, then: Answer): Answer => {
    let seen = 0;
    return (request, response) => (++seen <= count ? first : then)(request, response);
  };
  const cut: Answer = (request) => request.socket.destroy();
  const busy: Answer = (_request, response) => response.writeHead(503).end();
  const fine: Answer = (request, response) => request.resume().on("end", () => response.end("fine"));

  it("is asked again when it is busy or the connection is cut, and given up in the end", async () => {
    for (const fault of [cut, busy]) {
      answer = times(2, fault, fine);
      assert.equal(await readText(retrying(store(), [1, 1]), "key"), "fine");
      answer = times(1, fault, fine);
      await retrying(store(), [1, 1]).write("key", textBody("x".repeat(1_000_000)));
      answer = fault;
      asked = [];
      const given = retrying(store(), [1, 1]).look("key");
      const kind = fault === cut ? InterruptedError : ConnectError;
      await assert.rejects(
        given,
        (error: Error) => error instanceof kind && /looking for key on http/.test(error.message),
      );
      assert.equal(asked.length, 3);
    }
  });

  it("that says nothing for too long is given up, and not asked again", async () => {
    const faults: Answer[] = [
      () => undefined,
      (_request, response) => response.writeHead(200).flushHeaders(),
    ];
    for (const fault of faults) {
      answer = fault;
      asked = [];
      await assert.rejects(readText(retrying(store(0.2), [1]), "key"), TimeoutError);
      assert.equal(asked.length, 1);
    }
  });

  it("that answers before it has read all is heard", async () => {
    answer = (_request, response) => response.writeHead(413, "Too Big").end();
    await assert.rejects(store().write("key", textBody("x".repeat(10_000_000))), /status 413 Too Big/);
  });

  it("that sends on is followed, and nobody else is told what opens it", async () => {
    const seen: [string, boolean][] = [];
    const port = (): number => (server.address() as AddressInfo).port;
    const way: Record<string, () => string> = {
      "/cache/key": () => "/moved/key",
      "/moved/key": () => `http://localhost:${port()}/there`,
    };
    answer = (request, response) => {
      seen.push([request.url ?? "", request.headers.authorization !== undefined]);
      const location = way[request.url ?? ""]?.();
      if (location === undefined) response.end("fine");
      else response.writeHead(302, { location }).end();
    };
    assert.equal(await readText(store(), "key"), "fine");
    assert.deepEqual(seen, [
      ["/cache/key", true],
      ["/moved/key", true],
      ["/there", false],
    ]);
    await assert.rejects(store().write("key", textBody("x")), /status 302/);
    way["/moved/key"] = () => "/cache/key";
    await assert.rejects(readText(store(), "key"), /status 302/);
  });

  it("that does not tell how long an object is has it all the same", async () => {
    answer = ({ url }, response) => response.writeHead(url === "/cache/there" ? 200 : 404).end();
    assert.deepEqual(await store().look("there"), { size: undefined });
    assert.equal(await store().look("elsewhere"), undefined);
  });

  it("that forbids to look names the ways in which that may be meant", async () => {
    answer = (_request, response) => response.writeHead(403).end();
    await assert.rejects(store().look("key"), /hint: look at credentials; .*s3:ListBucket/);
    answer = (_request, response) => response.writeHead(401).end();
    await assert.rejects(store().look("key"), (error: Error) => !error.message.includes("ListBucket"));
  });
});
