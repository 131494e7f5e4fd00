import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { validateWorkflow } from "@action-validator/core";
import { Project } from "../engine/project";
import { output, run, sharedFleet, type Host } from "../fleet";
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

  it("ask the registry for no program, whatever came before", () => {
    for (const file of ["gitlab/.gitlab-ci.yml", ...names.map((name) => `github/${name}.yml`)]) {
      const calls = readText(file).match(/\bnpx .{0,20}/g) ?? [];
      assert.notEqual(calls.length, 0);
      for (const call of calls) assert.match(call, /^npx --no-install /);
    }
  });

  it("unpack what another run has made beside the program", () => {
    const steps = Object.values(readGithub("deploy").jobs).flatMap((job) => job.steps);
    const download = steps.find(({ uses = "" }) => uses.startsWith("actions/download-artifact@"));
    assert.match(download?.with?.["path"] ?? "", /^\$\{\{ runner\.temp \}\}\/./);
  });

  it("give a pull request that is not merged no turn among the deployments", () => {
    const { concurrency, jobs } = readGithub("deploy");
    assert.equal(concurrency, undefined);
    assert.equal(jobs["deploy"]?.if, "github.event.pull_request.merged");
    assert.deepEqual(jobs["deploy"].concurrency, { group: "deploy", "cancel-in-progress": false });
  });

  it("of GitLab let root build where there is nobody to build for it", async () => {
    const { NIX_CONFIG } = readGitlab()["variables"] as Record<string, string>;
    const folder = mkdtempSync(join(tmpdir(), "pulumi-nix-container-"));
    const groups = readFileSync("/etc/group", "utf8").split("\n");
    writeFileSync(join(folder, "group"), groups.filter((line) => !line.startsWith("nixbld")).join("\n"));
    writeFileSync(join(folder, "page.nix"), page("container"));
    const build = `mount --bind ${folder}/group /etc/group &&
      exec nix-build --no-out-link --option substitute false ${folder}/page.nix`;
    const own = { NIX_CONFIG, NIX_REMOTE: "local", NIX_CONF_DIR: folder };
    const places = ["STORE", "STATE", "LOG"].map((name) => `NIX_${name}_DIR=${folder}/${name}`);
    const given = [...Object.entries(own).map(([name, value]) => `${name}=${value}`), ...places];
    const built = await run(["env", ...given, "unshare", "--mount", "sh", "-c", build]);
    assert.match(output("nix-build", built), /-page-container$/m);
    await run(["chmod", "--recursive", "u+w", folder]);
    rmSync(folder, { recursive: true });
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
    project = await Project.create({ program, files: { "Pulumi.yaml": yaml }, hasPassphrase: true }, "prod");
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
      "secrets.PULUMI_ACCESS_TOKEN": "",
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

  const git = async (...args: string[]): Promise<string> => {
    const identity = ["-c", "user.name=it", "-c", "user.email=it@example.org"];
    return output("git", await run(["git", "-C", project.folder, ...identity, ...args]));
  };

  /** The checkout of a branch from before the target branch got its second page. */
  const behind = async (): Promise<void> => {
    await git("init", "--quiet", "--initial-branch=main");
    await git("remote", "add", "origin", project.folder);
    for (const text of ["one", "two"]) {
      project.write({ "page.nix": page(text) });
      await git("add", "page.nix");
      await git("commit", "--quiet", `--message=${text}`);
    }
    await git("checkout", "--quiet", "--detach", "main~1");
    await git("commit", "--quiet", "--allow-empty", "--message=request");
  };

  it("of GitLab do the same, and what the target branch has got meanwhile is in it", async () => {
    await behind();
    runner.variables["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"] = "main";
    const shown = await runner.gitlab("preview");
    delete runner.variables["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"];
    assert.equal(shown.failed, undefined, shown.printed);
    assert.equal(comments.all.length, 1);
    assert.match(await active(), /-page-one$/);
    // Reads its headers, as curl does: whoever writes them to what has ended already is ended too.
    const api = `cat >/dev/null
    case "$*" in
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
