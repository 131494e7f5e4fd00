import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { healthCheckSchema, isFromHere } from "../../provider/deployment/checks";
import { checkedFromHere } from "../../provider/deployment/checks-here";
import { trialServer, type TrialServer } from "./trial-server";

describe("health checks from the controller", () => {
  let server: TrialServer;
  let url: string;
  let said: string[];

  before(async () => {
    server = await trialServer();
    url = `http://127.0.0.1:${server.port}`;
  });
  after(() => server.close());
  beforeEach(() => {
    said = [];
  });

  const run = (...checks: object[]): Promise<string | undefined> => {
    const parsed = checks.map((check) => healthCheckSchema.parse({ ...once, from: "controller", ...check }));
    return checkedFromHere(parsed.filter(isFromHere), "127.0.0.1", (doing) => said.push(doing));
  };
  const fails = async (check: object, reason: RegExp): Promise<string> => {
    const failure = (await run(check)) ?? "";
    assert.match(failure, reason);
    return failure;
  };
  const succeeds = async (check: object): Promise<void> => assert.equal(await run(check), undefined);
  const once = { interval: 0.02, successes: 1, retries: 0 };

  it("connect to the connection's host, or tell why they do not", async () => {
    await succeeds({ tcp: { port: server.port } });
    await fails(
      { tcp: { port: 1 } },
      /^health check tcp the host:1 from the controller failed: connect ECONNREFUSED/,
    );
    await fails({ tcp: { port: 1, host: "localhost" } }, /failed: connect ECONNREFUSED .*:1/);
  });

  it("take 200 to 299, or what was asked for, and follow nothing", async () => {
    await succeeds({ http: `${url}/status/204` });
    await succeeds({ http: `${url}/status/503`, status: [500, 503] });
    await fails(
      { http: `${url}/status/503` },
      /status 503 instead of 200-299: the answer is 503 \(tries: 1, in/,
    );
    await fails({ http: `${url}/status/200`, status: 201 }, /status 200 instead of 201: the answer/);
    await fails({ http: `${url}/status/302` }, /status 302 instead of 200-299/);
  });

  it("look for a text in the answer, as it is", async () => {
    await succeeds({ http: `${url}/status/200`, body: "answer is 200" });
    await fails(
      { http: `${url}/status/200`, body: "a.swer" },
      /status 200, but 'a\.swer' is not in the answer: the/,
    );
  });

  it("end with what hangs, and with what never stops", async () => {
    await fails({ http: `${url}/hang`, timeout: 0.2 }, /failed: no end within 0\.20 s/);
    await succeeds({ http: `${url}/endless`, timeout: 8 });
  });

  it("tell that nothing answers, or not to the end", async () => {
    await fails({ http: "http://127.0.0.1:1/" }, /ECONNREFUSED/);
    await fails({ http: `${url}/close` }, /socket hang up/);
    await fails({ http: `${url}/cut` }, /aborted/);
  });

  it("send headers, and show no answer then", async () => {
    const headers = { Authorization: "Bearer s3cret", Host: "web.example" };
    await succeeds({ http: `${url}/headers`, headers, body: "Bearer s3cret" });
    await succeeds({ http: `${url}/headers`, headers, body: '"host":"web.example"' });
    const failure = await fails(
      { http: `${url}/headers`, headers, body: "nothing" },
      /is not in the answer \(/,
    );
    assert.doesNotMatch(failure, /s3cret/);
  });

  it("take a certificate that cannot be verified for a failure, whatever the environment says", async () => {
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      await fails({ http: `https://127.0.0.1:${server.tlsPort}/status/200` }, /self-signed certificate/);
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
  });

  it("are tried until they succeed as often in a row as it takes", async () => {
    const { flaky, tries } = flakyServer((number) => number !== 3);
    const port = await listening(flaky);
    const check = { http: `http://127.0.0.1:${port}/`, successes: 3, retries: 5 };
    await succeeds(check);
    assert.equal(tries(), 6);
    flaky.close();
  });

  it("do not let through what fails every second time", async () => {
    const { flaky } = flakyServer((number) => number % 2 === 0);
    const port = await listening(flaky);
    const check = { http: `http://127.0.0.1:${port}/`, successes: 2, retries: undefined, deadline: 1.5 };
    await fails(check, /socket hang up \(\d+ of \d+ tries succeeded; it takes 2 in a row\)/);
    await fails({ ...check, retries: 2, deadline: 30 }, /\(\d of [56] tries succeeded/);
    flaky.close();
  });

  it("end with the deadline, in the middle of a try, with what was seen before", async () => {
    const { flaky } = flakyServer((number) => (number === 1 ? false : undefined));
    const port = await listening(flaky);
    await fails(
      { http: `http://127.0.0.1:${port}/`, retries: undefined, timeout: 5, deadline: 1.5 },
      /socket hang up \(tries: 2, in (1\.[5-9]|[2-4]\.)/,
    );
    flaky.close();
  });

  it("run one after the other, until one fails", async () => {
    const good = { tcp: { port: server.port } };
    const failure = await run(good, { tcp: { port: 1 } }, good);
    assert.match(failure ?? "", /the host:1 from/);
    assert.deepEqual(said, [
      `checking tcp the host:${server.port} from the controller`,
      "checking tcp the host:1 from the controller",
    ]);
  });
});

/** Answers the n-th connection, ends it, or (undefined) leaves it open. */
function flakyServer(answers: (number: number) => boolean | undefined): {
  flaky: Server;
  tries: () => number;
} {
  let number = 0;
  const flaky = createServer((socket) => {
    number += 1;
    socket.on("error", () => undefined);
    const verdict = answers(number);
    socket.once("data", () => {
      if (verdict === true) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
      if (verdict === false) socket.destroy();
    });
  });
  return { flaky, tries: () => number };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}
