import { profileActivation } from "../../../provider/resources/profile-activation";
import type { Host } from "../../fleet";
import { untyped } from "../../resources/managed";
import { entryPoint, storePathOn } from "../../resources/store-path-on";
import type { Attempt } from "../attempt";
import { activating, deactivating, faultFolder, holdStep } from "../entry-program";
import {
  observed,
  wayBackFails,
  type DeploymentKind,
  type Observed,
  type Subject,
  type Version,
} from "./kind";
import { ledTo, showProfile } from "./profile";

const name = "faults";
const link = `/nix/var/nix/profiles/${name}`;

/** A profile with an entry point that anybody may write. */
export class CustomProfile implements Subject {
  readonly kind = "custom";
  readonly resource = untyped(profileActivation);

  private constructor(
    readonly host: Host,
    private readonly paths: ReadonlyMap<Version, string>,
  ) {}

  static async on(host: Host): Promise<CustomProfile> {
    const paths = new Map<Version, string>();
    for (const version of ["old", "new", "later"] as const)
      paths.set(
        version,
        await storePathOn(host, `faults-${version}`, entryPoint(activating(version), deactivating(version))),
      );
    return new CustomProfile(host, paths);
  }

  inputs(version: Version, again: string): object {
    return { profile: name, path: this.paths.get(version), triggers: [again] };
  }

  spoilWayBack(attempt: Attempt, deployment: DeploymentKind): string {
    return wayBackFails(
      attempt,
      { first: "new.deactivate", update: "old.begin", redeploy: "new.begin" }[deployment],
    );
  }

  async holdCommit(attempt: Attempt): Promise<void> {
    await this.host.sh(`touch ${faultFolder}/hold`);
    const hold = `[ ! -e $folder/hold ] || { ${holdStep}; }`;
    await attempt.standIn(
      "nix-env",
      `#!/bin/sh\nfolder=${faultFolder}\n${hold}\nexec /usr/bin/nix-env "$@"\n`,
    );
  }

  async reset(): Promise<void> {
    await this.host.sh(`rm -rf ${link}* /var/lib/pulumi-nix`);
  }

  clear(): Promise<void> {
    return this.reset();
  }

  async observe(): Promise<Observed> {
    const running = `[ ! -e ${faultFolder}/running ] || echo "running $(cat ${faultFolder}/running)"`;
    return observed(await this.host.sh(`${showProfile(link)}; ${running}`));
  }

  after(before: Observed, version: Version): Observed {
    return { ...ledTo(before, name, this.paths.get(version) ?? ""), running: version };
  }
}
