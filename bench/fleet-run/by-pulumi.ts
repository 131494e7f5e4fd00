import { Project } from "../../test/engine/project";
import type { Extent } from "../benchmark";
import type { Payload } from "./payload";
import type { Place } from "./place";
import { ourProgram, trivialProgram, tsconfig } from "./programs";
import { releaseOf, unitName, type Deployment, type Operation, type Subject } from "./subject";

export const ours: Subject = {
  name: "pulumi-nix",
  deploys: true,
  begin: (...where) => PulumiDeployment.begin(ours, ourProgram, ...where),
};

/** The engine's floor. */
export const trivial: Subject = {
  name: "trivial",
  deploys: false,
  begin: (...where) => PulumiDeployment.begin(trivial, trivialProgram, ...where),
};

class PulumiDeployment implements Deployment {
  private constructor(
    private readonly project: Project,
    private readonly payload: Payload,
  ) {}

  static async begin(
    subject: Subject,
    program: string,
    payload: Payload,
    { targets }: Place,
    { quick }: Extent,
  ): Promise<Deployment> {
    const files = { "index.ts": program, "tsconfig.json": tsconfig };
    const project = await Project.create({ files, isMeasured: !quick });
    const hosts = Object.fromEntries(targets.map(({ host, connection }) => [host.name, connection]));
    await project.configure({ unit: unitName(subject), hosts });
    return new PulumiDeployment(project, payload);
  }

  has(): boolean {
    return true;
  }

  async prepare(operation: Operation): Promise<void> {
    const payload = { file: this.payload.file, ...this.payload.args(releaseOf(operation)) };
    if (operation === "first up" || operation === "preview") await this.project.configure({ payload });
  }

  async carryOut(operation: Operation): Promise<void> {
    this.project.variables =
      operation === "preview, diffs in parallel" ? { PULUMI_PARALLEL_DIFF: "true" } : {};
    await this.project.succeed(...commands[operation]);
  }

  end(): Promise<void> {
    return this.project.remove();
  }
}

const up = ["up", "--yes", "--skip-preview"];

const commands: Readonly<Record<Operation, string[]>> = {
  "first up": up,
  "no-op up": [...up, "--expect-no-changes"],
  "no-op up --refresh": [...up, "--refresh", "--expect-no-changes"],
  preview: ["preview"],
  "preview, diffs in parallel": ["preview"],
  update: up,
};
