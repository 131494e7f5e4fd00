import assert from "node:assert/strict";
import { writeComment } from "../../../cli/comment/write-comment";
import { Github } from "./github";
import { Gitlab } from "./gitlab";

const marker = "<!-- pulumi-nix report of fleet/prod -->";
const other = "<!-- pulumi-nix report of fleet/staging -->";
const wanted = { marker, body: `${marker}\nnew`, number: 7 };

describe("the comment of a stack on GitHub", function () {
  let github: Github;
  beforeEach(async () => (github = await Github.start()));
  afterEach(() => github.service.stop());

  const write = (number: number | undefined = 7, environment = {}): Promise<string> =>
    writeComment("github", { ...wanted, number }, { ...github.environment(), ...environment });

  it("is written when there is none", async () => {
    assert.equal(await write(), "wrote https://github.example/acme/fleet/pull/7#issuecomment-100");
    assert.deepEqual(
      github.comments.map(({ body }) => body),
      [wanted.body],
    );
  });

  it("is edited in place when there is one, behind pages of others", async () => {
    for (let count = 0; count < 250; count++)
      github.add(count === 120 ? `${other}\nkept` : `comment ${count}`);
    const mine = github.add(`${marker}\nold`);
    assert.match(await write(), /^edited .*350$/);
    assert.equal(mine.body, wanted.body);
    assert.equal(github.comments.length, 251);
    assert.equal(github.comments[120]?.body, `${other}\nkept`);
    assert.equal(github.service.asked.filter((one) => one.startsWith("GET")).length, 3);
  });

  it("is not looked for behind the page that has it", async () => {
    github.add(`${marker}\nold`);
    for (let count = 0; count < 250; count++) github.add("more");
    await write();
    assert.equal(github.service.requests.length, 2);
  });

  it("is none that a stranger has written, who could edit it later, or that only quotes ours", async () => {
    const stranger = github.add(`${marker}\nforged`, { login: "stranger", type: "User" }, "NONE");
    const quote = github.add(`> ${marker}\nlook at this`);
    await write();
    assert.deepEqual([stranger.body.endsWith("forged"), quote.body.endsWith("this")], [true, true]);
    assert.equal(github.comments.at(-1)?.body, wanted.body);
  });

  it("is none of another person's, who may only read, whatever the repository calls them", async () => {
    const planted = ["OWNER", "MEMBER", "COLLABORATOR"].map((role) =>
      github.add(`${marker}\nforged`, { login: "reader", type: "User" }, role),
    );
    for (const login of [undefined, "owner"]) {
      github.login = login;
      await write();
    }
    assert.deepEqual(
      planted.map(({ body }) => body),
      planted.map(() => `${marker}\nforged`),
    );
    assert.equal(github.comments.at(-1)?.body, wanted.body);
  });

  it("may be one that the person has written whose token it is", async () => {
    github.login = "owner";
    const mine = github.add(`${marker}\nold`, { login: "owner", type: "User" }, "NONE");
    await write();
    assert.equal(mine.body, wanted.body);
    assert.equal(github.service.asked.filter((one) => one === "GET /api/user").length, 1);
  });

  it("is not written when it is not told whose the token is, while a person's could be it", async () => {
    github.add(`${marker}\nold`, { login: "owner", type: "User" });
    for (let count = 0; count < 4; count++)
      github.service.faults.push(
        () => undefined,
        () => ({ status: 500, headers: { "retry-after": "0" } }),
      );
    await assert.rejects(write(), /GET .*\/user failed: status 500/);
    assert.equal(github.comments.length, 1);
  });

  it("is written anew when it was deleted in between", async () => {
    github.add(`${marker}\nold`);
    github.service.faults.push(
      () => undefined,
      () => ({ status: 404, body: { message: "Not Found" } }),
    );
    assert.match(await write(), /^wrote /);
  });

  it("is written once, also when the answer to writing it was an error", async () => {
    const { service } = github;
    service.faults.push(
      () => undefined,
      () => (github.add(wanted.body), { status: 502, body: "<html>Bad gateway</html>" }),
    );
    assert.match(await write(), /^edited /);
    assert.equal(github.comments.length, 1);
  });

  it("is tried again after errors of the service and when it is asked too often", async () => {
    const { faults } = github.service;
    faults.push(() => ({ status: 500 }));
    faults.push(() => ({ status: 429, headers: { "retry-after": "0" } }));
    faults.push(() => ({
      status: 403,
      headers: { "retry-after": "0" },
      body: { message: "You have exceeded a secondary rate limit" },
    }));
    assert.match(await write(), /^wrote /);
    assert.equal(github.service.requests.length, 5);
  });

  it("is given up after four tries, with what the service said", async () => {
    for (let count = 0; count < 9; count++)
      github.service.faults.push(() => ({
        status: 503,
        headers: { "retry-after": "0" },
        body: { message: "No server is currently available" },
      }));
    await assert.rejects(
      write(),
      /^Error: the comment was not written: GET http:\/\/127.0.0.1:\d+\/api\/repos\/acme\/fleet\/issues\/7\/comments failed: status 503, No server is currently available$/,
    );
    assert.equal(github.service.requests.length, 4);
  });

  it("is given up at once when the service wants more patience than a job has", async () => {
    github.service.faults.push(() => ({ status: 429, headers: { "retry-after": "3600" } }));
    await assert.rejects(write(), /status 429/);
    assert.equal(github.service.requests.length, 1);
  });

  const refused: [status: number, message: string, hint: RegExp][] = [
    [401, "Bad credentials", /hint: GITHUB_TOKEN is not a token/],
    [403, "Resource not accessible by integration", /hint: .*permissions: pull-requests: write/],
    [404, "Not Found", /hint: there is no such pull request/],
  ];
  for (const [status, message, hint] of refused) {
    it(`is refused with status ${status} once, and the error says what to do`, async () => {
      github.service.faults.push(() => ({ status, body: { message } }));
      await assert.rejects(write(), (error: Error) => {
        assert.match(error.message, new RegExp(`failed: status ${status}, ${message}\n`));
        assert.match(error.message, hint);
        assert.doesNotMatch(error.message, /gh-token/);
        return true;
      });
      assert.equal(github.service.requests.length, 1);
    });
  }

  it("says so when the service cannot be reached", async () => {
    const environment = github.environment();
    await github.service.stop();
    await assert.rejects(
      writeComment("github", wanted, environment),
      /failed: connect ECONNREFUSED 127.0.0.1/,
    );
    github = await Github.start();
  });

  it("is that of the pull request which the checked out reference names", async () => {
    await writeComment(
      "github",
      { ...wanted, number: undefined },
      { ...github.environment(), GITHUB_REF: "refs/pull/7/merge" },
    );
    assert.equal(github.comments.length, 1);
  });

  for (const name of ["GITHUB_TOKEN", "GITHUB_REPOSITORY"]) {
    it(`is not tried without ${name}`, async () => {
      await assert.rejects(
        write(7, { [name]: "" }),
        new RegExp(`^Error: --comment github: ${name} is not set$`),
      );
    });
  }

  it("is not tried when no number is told", async () => {
    const environment = { ...github.environment(), GITHUB_REF: "refs/heads/main" };
    await assert.rejects(
      writeComment("github", { ...wanted, number: undefined }, environment),
      /this is no event of a pull request; --number N names one/,
    );
  });
});

describe("the comment of a stack on GitLab", function () {
  let gitlab: Gitlab;
  beforeEach(async () => (gitlab = await Gitlab.start()));
  afterEach(() => gitlab.service.stop());

  const write = (environment = {}): Promise<string> =>
    writeComment("gitlab", { ...wanted, number: undefined }, { ...gitlab.environment(), ...environment });

  it("is written when there is none", async () => {
    assert.equal(await write(), "wrote note 100 of merge request 7");
    assert.deepEqual(
      gitlab.notes.map(({ body }) => body),
      [wanted.body],
    );
  });

  it("is edited in place when there is one of ours, behind pages of others", async () => {
    for (let count = 0; count < 250; count++) gitlab.add(`note ${count}`);
    gitlab.add(`${marker}\nsomebody else's`, 1);
    gitlab.add(`${marker}\nthe service's`, 42, true);
    const mine = gitlab.add(`${marker}\nold`);
    assert.equal(await write(), `edited note ${mine.id} of merge request 7`);
    assert.equal(mine.body, wanted.body);
    assert.deepEqual(
      gitlab.notes.slice(250, 252).map(({ body }) => body.split("\n")[1]),
      ["somebody else's", "the service's"],
    );
  });

  it("is refused with a hint at what the token lacks", async () => {
    gitlab.service.faults.push(() => ({ status: 403, body: { error: "insufficient_scope" } }));
    await assert.rejects(write(), /status 403, insufficient_scope\nhint: .*needs the scope api/);
  });

  for (const name of ["GITLAB_TOKEN", "CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID"]) {
    it(`is not tried without ${name}`, async () => {
      await assert.rejects(
        write({ [name]: undefined }),
        new RegExp(`^Error: --comment gitlab: ${name} is not set`),
      );
    });
  }
});
