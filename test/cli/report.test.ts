import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Github } from "./comment/github";
import { pulumiNix } from "./command-line";
import { recordedFolder } from "./report/recorded";

const preview = join(recordedFolder, "kernel.json");
const golden = (name: string): string => readFileSync(join(recordedFolder, "../golden", name), "utf8");

describe("pulumi-nix report", function () {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "pulumi-nix-report-"))));
  after(() => rmSync(folder, { recursive: true }));

  it("prints a preview as Markdown, and writes it as a page", async () => {
    const page = join(folder, "page.html");
    const { code, stdout, stderr } = await pulumiNix(["report", preview, "--html", page]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(stdout, golden("kernel.md"));
    assert.equal(readFileSync(page, "utf8"), golden("kernel.html"));
  });

  it("reads standard input, and names the place of the page", async () => {
    const given = ["report", "-", "--link", "https://ci.example/run/1?a=(b) <c>"];
    const { stdout } = await pulumiNix(given, { input: readFileSync(preview) });
    assert.equal(stdout, `${golden("kernel.md")}\n[All of it](<https://ci.example/run/1?a=(b)%20%3Cc%3E>)\n`);
  });

  it("prints an update", async () => {
    const { code, stdout } = await pulumiNix(["report", "--up", join(recordedFolder, "failed-update.json")]);
    assert.deepEqual([code, stdout], [0, golden("failed-update.md")]);
  });

  it("reads an update whose preview was not skipped", async () => {
    const file = join(folder, "both.json");
    writeFileSync(
      file,
      readFileSync(preview, "utf8") + readFileSync(join(recordedFolder, "applied.json"), "utf8"),
    );
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
    [["FILE", "--number", "x"], "{}", /--number: must be a number/],
  ];
  for (const [args, text, complaint] of wrong) {
    it(`refuses ${JSON.stringify(args)} with ${JSON.stringify(text)} in one line`, async () => {
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
