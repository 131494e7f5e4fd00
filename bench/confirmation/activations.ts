import { checkInputs } from "../../provider/check";
import { Hosts } from "../../provider/host/pool";
import type { Context, Resource } from "../../provider/resource";
import { profileActivation } from "../../provider/resources/profile-activation";

const resource = profileActivation as unknown as Resource<never, never>;

/** Activations of one profile after another path, over one open connection, as an engine run does them. */
export class Activations {
  private readonly hosts = new Hosts();
  private state: object | undefined;
  private turn = 0;

  constructor(
    private readonly connection: object,
    private readonly paths: readonly string[],
    private readonly profile = "bench-confirmation",
  ) {}

  /** Activates the next path. */
  async next(confirm: false | undefined): Promise<void> {
    const { connection, profile } = this;
    const path = this.paths[this.turn++ % this.paths.length];
    const { inputs } = checkInputs(resource, { connection, path, profile, confirm });
    this.state = await resource.ensure("bench", inputs as never, this.state as never, await this.context());
  }

  async end(): Promise<void> {
    await resource.remove("bench", { ...this.state, onDestroy: "remove" } as never, await this.context());
    await this.hosts.close();
  }

  private async context(): Promise<Context> {
    return {
      host: (connection) => this.hosts.get(connection),
      freshHost: (connection, seconds) => this.hosts.fresh(connection, seconds),
      controller: await this.hosts.get({ local: true, elevate: "none" }),
      log: () => undefined,
      status: () => undefined,
    };
  }
}
