import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import type { Project } from "../engine/project";
import type { Outcome } from "../fleet";
import { checkout } from "../fleet/script";

export const folder = join(checkout, "examples/workflows");

export interface GithubStep {
  name?: string;
  id?: string;
  uses?: string;
  run?: string;
  if?: string;
  env?: Record<string, string>;
  with?: Record<string, string>;
}

export interface GithubJob {
  env: Record<string, string>;
  if?: string;
  concurrency?: unknown;
  steps: GithubStep[];
}

export interface GithubWorkflow {
  on: unknown;
  permissions: Record<string, string>;
  concurrency?: unknown;
  jobs: Record<string, GithubJob>;
}

export interface GitlabJob {
  stage: string;
  script: string[];
  after_script?: string[];
  variables?: Record<string, string>;
}

export function readText(file: string): string {
  return readFileSync(join(folder, file), "utf8");
}

export function readGithub(name: string): GithubWorkflow {
  return parse(readText(`github/${name}.yml`)) as GithubWorkflow;
}

export function readGitlab(): Record<string, unknown> {
  return parse(readText("gitlab/.gitlab-ci.yml")) as Record<string, unknown>;
}

const evenAfterFailure = ["always()", "${{ !cancelled() }}"];

/** How a job ended: the first failure, and all that was printed. */
export interface Ended {
  /** The name, or else the line, of the step that failed. */
  readonly failed?: string;
  readonly printed: string;
}

/** Runs the shell steps of a workflow in a project's folder, as the CI's runner would. */
export class Runner {
  /** What the CI has in its environment beyond what is written in the file. */
  readonly variables: Record<string, string> = { CI: "true" };
  private readonly bin: string;

  constructor(private readonly project: Project) {
    // What `npm ci` would put there, for npx.
    this.bin = join(project.folder, "node_modules/.bin");
    mkdirSync(this.bin, { recursive: true });
    const program = join(checkout, "examples/node_modules/pulumi-nix/dist/cli/index.js");
    writeFileSync(join(this.bin, "pulumi-nix"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
      mode: 0o755,
    });
    symlinkSync(join(checkout, "node_modules/.bin/pulumi"), join(this.bin, "pulumi"));
  }

  /** Stands in for a command of the CI's that needs the internet. */
  standIn(command: string, text: string): void {
    const folder = join(this.project.folder, "stand-ins");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, command), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }

  /** Each expression of the file has to be among the values, so that none is overlooked. */
  async github(name: string, values: Readonly<Record<string, string>>): Promise<Ended> {
    const [job] = Object.values(readGithub(name).jobs);
    if (job === undefined) throw new Error(`${name} has no job`);
    const outputs = join(this.project.folder, "github-output");
    writeFileSync(outputs, "");
    let printed = "";
    let failed: string | undefined;
    const known = { ...values, "runner.temp": join(this.project.folder, "runner-temp") };
    for (const { name, uses, run, if: condition, env = {}, with: inputs = {} } of job.steps) {
      if (failed !== undefined && !evenAfterFailure.includes(condition ?? "")) continue;
      if (uses?.startsWith("actions/upload-artifact@") === true) this.upload(inputs);
      if (uses?.startsWith("actions/download-artifact@") === true)
        this.download(withValues({ path: inputs["path"] ?? "." }, known));
      if (run === undefined) continue;
      const status = failed === undefined ? "success" : "failure";
      const filled = withValues({ ...job.env, ...env }, { ...known, "job.status": status });
      const own = { GITHUB_OUTPUT: outputs, RUNNER_TEMP: known["runner.temp"] };
      const outcome = await this.shell(run, { ...filled, ...own });
      printed += outcome.stdout + outcome.stderr;
      if (outcome.code !== 0) failed ??= name ?? run;
    }
    return { printed, ...(failed !== undefined && { failed }) };
  }

  /** Away from the checkout, which the next run does not share. */
  private upload({ path = "" }: Record<string, string>): void {
    mkdirSync(this.artifact, { recursive: true });
    for (const file of path.trim().split("\n")) {
      const made = join(this.project.folder, file);
      if (existsSync(made)) renameSync(made, join(this.artifact, file));
    }
  }

  private download({ path = "" }: Record<string, string>): void {
    cpSync(this.artifact, resolve(this.project.folder, path), { recursive: true });
  }

  private get artifact(): string {
    return join(this.project.folder, "artifact");
  }

  async gitlab(name: string): Promise<Ended> {
    const file = readGitlab();
    const { before_script: before } = file["default"] as { before_script: string[] };
    const job = file[name] as GitlabJob;
    const variables = { ...(file["variables"] as Record<string, string>), ...job.variables };
    const script = await this.shell([...before, ...job.script].join("\n"), variables);
    // In a shell of its own, whatever the script came to.
    const status = { CI_JOB_STATUS: script.code === 0 ? "success" : "failed" };
    const after = await this.shell((job.after_script ?? []).join("\n"), { ...variables, ...status });
    const printed = [script, after].map(({ stdout, stderr }) => stdout + stderr).join("");
    const failed = script.code !== 0 ? "script" : after.code !== 0 ? "after_script" : undefined;
    return { printed, ...(failed !== undefined && { failed }) };
  }

  private shell(commands: string, variables: Readonly<Record<string, string>>): Promise<Outcome> {
    const own = this.project.environment();
    const path = `${join(this.project.folder, "stand-ins")}:${own["PATH"] ?? ""}`;
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", commands], {
      cwd: this.project.folder,
      env: { ...own, ...this.variables, ...variables, PATH: path },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    });
  }

  /** What a step has written, if it was run. */
  wrote(file: string): string | undefined {
    const path = join(this.project.folder, file);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }
}

function withValues(
  variables: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  const fill = (text: string): string =>
    text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
      const value = values[expression];
      if (value === undefined) throw new Error(`the runner does not know ${expression}`);
      return value;
    });
  return Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, fill(text)]));
}
