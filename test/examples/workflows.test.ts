import assert from "node:assert/strict";
import { join } from "node:path";
import { validateWorkflow } from "@action-validator/core";
import { Project } from "../engine/project";
import { sharedFleet, type Host } from "../fleet";
import { Comments } from "./comments";
import { readGithub, readGitlab, readText, Runner, type GitlabJob } from "./workflow";

const names = ["preview", "deploy", "drift"];

describe("the examples of workflows", function () {
  it("are what GitHub's schema says", () => {
    for (const name of names)
      assert.deepEqual(validateWorkflow(readText(`github/${name}.yml`)).errors, [], name);
  });

  it("name each action by its commit, and the commit's version beside it", () => {
    for (const name of names) {
      const uses = readText(`github/${name}.yml`).match(/uses: .*/g) ?? [];
      assert.ok(uses.length >= 4);
      for (const line of uses) assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  it("may do nothing but what they do", () => {
    const permissions = Object.fromEntries(names.map((name) => [name, readGithub(name).permissions]));
    assert.deepEqual(permissions, {
      preview: { contents: "read", "pull-requests": "write" },
      deploy: { actions: "read", contents: "read", "pull-requests": "write" },
      drift: { contents: "read" },
    });
  });

  it("give secrets by the environment, and nothing that somebody else wrote to a shell", () => {
    for (const name of names) {
      const { on, jobs } = readGithub(name);
      assert.doesNotMatch(JSON.stringify(on), /pull_request_target|workflow_run/);
      const steps = Object.values(jobs).flatMap((job) => job.steps);
      for (const { run = "" } of steps) assert.doesNotMatch(run, /\$\{\{/);
    }
  });

  it("of GitLab have stages that there are, and jobs for the same three occasions", () => {
    const { stages, default: _defaults, variables: _variables, ...jobs } = readGitlab();
    assert.deepEqual(Object.keys(jobs), names);
    for (const job of Object.values(jobs) as GitlabJob[]) {
      assert.ok((stages as string[]).includes(job.stage));
      for (const line of [...job.script, ...(job.after_script ?? [])]) assert.equal(typeof line, "string");
    }
  });
});

const program = `
const connection = { ...new pulumi.Config().requireObject<any>("connection"), dialErrorLimit: 1 };
const build = new nix.NixBuild("page", { file: "page.nix" });
const copy = new nix.ClosureCopy("web", { connection, path: build.outPath });
new nix.ProfileActivation("web", { connection, profile: "workflows", path: copy.path, kind: "noop" });
`;

const page = (text: string): string => `derivation {
  name = "page-${text}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [ "-c" "echo $name > $out" ];
}`;

describe("the steps of the workflows", function () {
  let host: Host;
  let project: Project;
  let runner: Runner;
  let comments: Comments;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    const yaml = "name: test\nruntime: nodejs\noptions:\n  refresh: always\n";
    project = await Project.create({ program, files: { "Pulumi.yaml": yaml } }, "prod");
    await project.configure({ connection: host.connection() });
    comments = await Comments.listen();
    runner = new Runner(project);
    for (const command of ["npm", "apt-get"]) runner.standIn(command, ":");
    project.write({ "event.json": JSON.stringify({ pull_request: { number: 7 } }) });
    Object.assign(runner.variables, {
      GITHUB_REPOSITORY: "example/machines",
      GITHUB_API_URL: comments.url,
      GITHUB_EVENT_PATH: join(project.folder, "event.json"),
      GITHUB_STEP_SUMMARY: join(project.folder, "summary.md"),
      GITLAB_TOKEN: "none",
      CI_API_V4_URL: comments.url,
      CI_PROJECT_ID: "1",
      CI_MERGE_REQUEST_IID: "7",
      CI_COMMIT_SHA: "0123456789abcdef",
      CI_JOB_URL: "https://ci.example.org/1",
    });
  });
  after(async () => {
    comments.close();
    await host.undoFaults();
    await project.succeed("destroy", "--yes", "--skip-preview");
    await host.sh("rm -f /nix/var/nix/profiles/workflows*");
    await project.remove();
  });
  beforeEach(() => comments.all.splice(0));

  const active = (): Promise<string> => host.sh("readlink -f /nix/var/nix/profiles/workflows");
  const byHand = (generation: number): Promise<string> =>
    host.sh(`nix-env --profile /nix/var/nix/profiles/workflows --switch-generation ${generation}`);
  const github = (name: string): ReturnType<Runner["github"]> =>
    runner.github(name, {
      "vars.PULUMI_BACKEND_URL": project.environment()["PULUMI_BACKEND_URL"] ?? "",
      "secrets.PULUMI_CONFIG_PASSPHRASE": "",
      "github.token": "none",
      "github.server_url": "https://github.example.org",
      "github.repository": "example/machines",
      "github.run_id": "1",
      "github.event.pull_request.head.sha": "0123456789abcdef",
    });

  it("show a pull request's changes, and with the merge do that", async () => {
    project.write({ "page.nix": page("one") });
    const shown = await github("preview");
    assert.equal(shown.failed, undefined, shown.printed);
    assert.equal(comments.all.length, 1);
    assert.match(comments.all[0]?.body ?? "", /page/);
    assert.equal((await host.trySh("ls /nix/var/nix/profiles/workflows")).code, 2);
    runner.standIn("gh", "echo 42");
    const done = await github("deploy");
    assert.equal(done.failed, undefined, done.printed);
    assert.match(await active(), /-page-one$/);
    assert.match(runner.wrote("github-output") ?? "", /^run=42$/m);
    assert.equal(comments.all.length, 1);
  });

  it("do nothing of what was not reviewed", async () => {
    project.write({ "page.nix": page("two") });
    await github("preview");
    project.write({ "page.nix": page("three") });
    const refused = await github("deploy");
    assert.equal(refused.failed, "Deploy", refused.printed);
    assert.match(await active(), /-page-one$/);
    runner.standIn("gh", ":");
    const without = await github("deploy");
    assert.equal(without.failed, "Find the reviewed preview");
    assert.match(without.printed, /no preview of 0123456789abcdef has succeeded/);
    project.write({ "page.nix": page("one") });
  });

  it("of GitLab do the same", async () => {
    project.write({ "page.nix": page("two") });
    const shown = await runner.gitlab("preview");
    assert.equal(shown.failed, undefined, shown.printed);
    assert.equal(comments.all.length, 1);
    assert.match(await active(), /-page-one$/);
    const api = `case "$*" in
      */merge_requests*) echo '[{"iid":6,"state":"closed"},{"iid":7,"state":"merged"}]' ;;
      */jobs/artifacts/refs%2Fmerge-requests%2F7%2Fhead/raw/plan.json?job=preview) cat reviewed.json ;;
      *) exit 22 ;;
    esac`;
    runner.standIn("curl", api);
    project.write({ "reviewed.json": project.read("plan.json") });
    const done = await runner.gitlab("deploy");
    assert.equal(done.failed, undefined, done.printed);
    assert.match(await active(), /-page-two$/);
    assert.equal(comments.all.length, 1);
  });

  for (const [kind, run] of Object.entries({
    GitHub: () => github("drift"),
    GitLab: () => runner.gitlab("drift"),
  })) {
    it(`of ${kind} fail when a machine has drifted, or cannot be looked at`, async () => {
      const open = await run();
      assert.equal(open.failed, undefined, open.printed);
      await byHand(1);
      assert.match((await run()).failed ?? "", /^(Look for drift|script)$/);
      await byHand(2);
      await host.stopSshd();
      const unseen = await run();
      assert.match(unseen.failed ?? "", /^(Look for machines that did not answer|script)$/);
      assert.match(unseen.printed, /not every machine could be looked at/);
      await host.startSshd();
    });
  }
});
