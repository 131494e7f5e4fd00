import assert from "node:assert/strict";
import type { Host, Outcome, User } from "../fleet";
import { quickStart } from "./project";

/** A Pulumi project of a user of a host, run there by the engine that `Controller.equip` has put there. */
export class HostProject {
  private constructor(
    private readonly host: Host,
    private readonly user: User,
  ) {}

  static async create(host: Host, user: User, files: Readonly<Record<string, string>>): Promise<HostProject> {
    const project = new HostProject(host, user);
    await host.ssh(layProject, { user });
    for (const [name, text] of Object.entries({ ...ownFiles, ...files })) await project.write(name, text);
    await project.succeed("stack init dev");
    return project;
  }

  async write(name: string, text: string): Promise<void> {
    await this.sh(`cat >${name}`, text);
  }

  /** Runs a command in the project's folder, after a login of the user's. */
  sh(command: string, input?: string): Promise<string> {
    return this.host.ssh(`cd project && ${command}`, { user: this.user, input });
  }

  /** Runs the CLI; all that it prints is in `output` of the project's folder too. */
  pulumi(command: string): Promise<Outcome> {
    const options = "--non-interactive --color never";
    return this.host.trySsh(
      `${enter} && pulumi ${command} ${options} >output 2>&1; code=$?; cat output; exit $code`,
      {
        user: this.user,
      },
    );
  }

  async succeed(command: string): Promise<string> {
    const { code, stdout } = await this.pulumi(command);
    assert.equal(code, 0, `pulumi ${command}: ${stdout}`);
    return stdout;
  }

  up(options = ""): Promise<string> {
    return this.succeed(`up --yes --skip-preview ${options}`);
  }

  destroy(): Promise<string> {
    return this.succeed("destroy --yes --skip-preview");
  }
}

const layProject = `
  mkdir -p project/state project/node_modules
  ln -s /opt/node_modules/@pulumi /opt/package/pulumi-nix project/node_modules/`;

/** The program is plain JavaScript: compiling it would cost a second each time. */
const ownFiles = {
  "Pulumi.yaml": "name: test\nruntime: { name: nodejs, options: { typescript: false } }\n",
  "package.json": '{ "main": "index.js" }\n',
};

const enter = `. /opt/checkout/setup/environment.sh
  cd project
  export PULUMI_BACKEND_URL="file://$PWD/state"
  export NODE_OPTIONS='${quickStart("/opt/checkout").NODE_OPTIONS}'`;
