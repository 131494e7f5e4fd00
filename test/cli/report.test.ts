import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Github } from "./comment/github";
import { pulumiNix } from "./command-line";
import { recordedFile } from "./report/recorded";

const preview = recordedFile("kernel");
const golden = (name: string): string => readFileSync(join(__dirname, "report/golden", name), "utf8");

describe("pulumi-nix report", function () {
  let folder: string;
  // Where this runs, a job's own commit is none of what is tested.
  const own = { ...process.env };
  before(() => {
    delete process.env["GITHUB_SHA"];
    delete process.env["CI_COMMIT_SHA"];
  });
  after(() => void Object.assign(process.env, own));
  before(() => (folder = mkdtempSync(join(tmpdir(), "pulumi-nix-report-"))));
  after(() => rmSync(folder, { recursive: true }));

  it("prints a preview as Markdown, and writes it as a page", async () => {
    const page = join(folder, "page.html");
    const { code, stdout, stderr } = await pulumiNix(["report", preview, "--html", page]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(stdout, golden("kernel.md"));
    assert.equal(readFileSync(page, "utf8"), golden("kernel.html"));
  });

  it("says that the page cannot be written, and exits with 2", async () => {
    const page = join(folder, "missing/page.html");
    const { code, stderr } = await pulumiNix(["report", preview, "--html", page]);
    assert.equal(code, 2);
    assert.match(stderr, /--html: \S+missing\/page\.html cannot be written: ENOENT/);
  });

  it("reads standard input, and names the place of the page", async () => {
    const given = ["report", "-", "--link", "https://ci.example/run/1?a=(b) <c>"];
    const { stdout } = await pulumiNix(given, { input: readFileSync(preview) });
    assert.equal(stdout, `${golden("kernel.md")}\n[All of it](<https://ci.example/run/1?a=(b)%20%3Cc%3E>)\n`);
  });

  it("prints an update", async () => {
    const { code, stdout } = await pulumiNix(["report", "--up", recordedFile("failed-update")]);
    assert.deepEqual([code, stdout], [0, golden("failed-update.md")]);
  });

  it("reads an update whose preview was not skipped", async () => {
    const file = join(folder, "both.json");
    writeFileSync(file, readFileSync(preview, "utf8") + readFileSync(recordedFile("applied"), "utf8"));
    assert.equal((await pulumiNix(["report", "--up", file])).stdout, golden("applied.md"));
  });

  it("writes the comment, for which the token is in the environment only, and prints no token", async () => {
    const github = await Github.start();
    try {
      const event = join(folder, "event.json");
      writeFileSync(event, JSON.stringify({ pull_request: { number: 7 } }));
      const environment = { ...github.environment(), GITHUB_EVENT_PATH: event };
      for (const [done, count] of [
        ["wrote", 1],
        ["edited", 1],
      ] as const) {
        const { code, stdout, stderr } = await pulumiNix(["report", preview, "--comment", "github"], {
          environment,
        });
        assert.equal(code, 0);
        assert.equal(stderr, `${done} https://github.example/acme/fleet/pull/7#issuecomment-100\n`);
        assert.equal(github.comments.length, count);
        assert.equal(github.comments[0]?.body, stdout);
        assert.doesNotMatch(stdout + stderr, /gh-token/);
      }
      const refused = await pulumiNix(["report", preview, "--comment", "github"], {
        environment: { ...environment, GITHUB_TOKEN: "wrong" },
      });
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        /^pulumi-nix report: the comment was not written: .*status 401, Bad credentials\nhint: /,
      );
    } finally {
      await github.service.stop();
    }
  });

  const stranded: [what: string, text: string | undefined][] = [
    ["is empty", ""],
    ["is missing", undefined],
    ["is an error's text", "error: no stack named 'dev' found"],
  ];
  for (const [what, text] of stranded) {
    it(`edits the stack's comment when the preview's file ${what}, and fails`, async () => {
      const github = await Github.start();
      try {
        const file = join(folder, "stranded");
        rmSync(file, { force: true });
        if (text !== undefined) writeFileSync(file, text);
        const old = github.add(
          "<!-- pulumi-nix report of nixos/dev -->\n### Preview of `nixos/dev`: nothing changes",
        );
        const args = ["report", file, "--stack", "nixos/dev", "--comment", "github", "--number", "7"];
        const { code, stderr } = await pulumiNix(args, {
          environment: { ...github.environment(), GITHUB_SHA: "0123456789abcdef0123456789abcdef01234567" },
        });
        assert.equal(code, 2);
        assert.match(stderr, /^edited .*\npulumi-nix report: .*stranded /);
        assert.equal(github.comments.length, 1);
        assert.equal(
          old.body.split("\n", 2)[1],
          "### Preview of `nixos/dev` at `0123456789ab`: the preview failed, nothing was shown",
        );
        assert.doesNotMatch(old.body, /no stack named/);
      } finally {
        await github.service.stop();
      }
    });
  }

  it("names the stack of a preview that fails before it does so itself", async () => {
    const file = join(folder, "early.json");
    writeFileSync(file, JSON.stringify({ diagnostics: [{ severity: "error", message: "no program" }] }));
    const { code, stdout } = await pulumiNix(["report", file, "--stack", "nixos/dev"]);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^<!-- pulumi-nix report of nixos\/dev -->\n### Preview of `nixos\/dev`: the preview failed\n/,
    );
    assert.match(stdout, /no program/);
    const unnamed = await pulumiNix(["report", file, "--comment", "github"]);
    assert.equal(unnamed.code, 2);
    assert.match(unnamed.stderr, /--stack PROJECT\/STACK does/);
  });

  it("says that a preview failed which does not say so itself, and of which commit it is", async () => {
    const page = join(folder, "failed.html");
    const args = ["--failed", "--commit", "fedcba9876543210", "--stack", "nixos/dev", "--html", page];
    const { code, stdout } = await pulumiNix(["report", preview, ...args], {
      environment: { CI_COMMIT_SHA: "0123456789abcdef0123456789abcdef01234567" },
    });
    assert.equal(code, 0);
    const title =
      /`fedcba987654`: the preview failed, 3 of 3 hosts would change, 4\.2 MiB to copy\n\nThe preview ended with an error that/;
    assert.match(stdout, title);
    const html = readFileSync(page, "utf8");
    assert.match(html, /at fedcba987654<\/small>The preview failed, 3 of 3/);
    assert.match(html, /The preview ended with an error that is not in what it printed/);
  });

  const wrong: [args: string[], text: string | undefined, complaint: RegExp][] = [
    [[], undefined, /^pulumi-nix report: either PREVIEW or --up has to be given \(/],
    [["FILE", "--up", "FILE"], "{}", /either PREVIEW or --up/],
    [["FILE"], "", /file is empty: did `pulumi preview --json` fail\?/],
    [["FILE"], "error: no stack named 'dev' found", /file is not what `pulumi preview --json` prints: /],
    [["FILE"], '{"a": 1}', /file is not what `pulumi preview --json` prints \(/],
    [["--up", "FILE"], '{"steps": []}', /file holds no update/],
    [["/nowhere/preview.json"], undefined, /\/nowhere\/preview.json cannot be read: ENOENT/],
    [["FILE", "--comment", "gitea"], "{}", /--comment: must be github or gitlab/],
    [["FILE", "--link", "javascript:alert(1)"], "{}", /--link: must be a http or https URL/],
    [["FILE", "--stack", "dev"], "{}", /--stack: must be PROJECT\/STACK/],
    [["FILE", "--commit", "main"], "{}", /--commit: must be a commit's hash/],
    [["FILE", "--stack", "a/b"], readFileSync(preview, "utf8"), /--stack: the file is of nixos\/dev/],
    [["FILE", "--number", "x"], "{}", /--number: must be a number/],
  ];
  for (const [args, text, complaint] of wrong) {
    it(`refuses ${JSON.stringify(args)} with ${JSON.stringify(text ?? "").slice(0, 50)} in one line`, async () => {
      const file = join(folder, "file");
      if (text !== undefined) writeFileSync(file, text);
      const given = args.map((one) => (one === "FILE" ? file : one));
      const { code, stdout, stderr } = await pulumiNix(["report", ...given]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, complaint);
      assert.equal(stderr.split("\n").length, 2);
    });
  }
});
