import { systemdUnit } from "../../../provider/resources/systemd-unit";
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

const name = "pnf-faults.service";
const units = "/etc/systemd/system";
const seconds = { base: 200001, old: 200002, new: 200003, later: 200004 } satisfies Record<Version, number>;

/** A service that runs a program before it starts, and another one when it has stopped. */
export class ServiceUnit implements Subject {
  readonly kind = "unit";
  readonly resource = untyped(systemdUnit);

  private constructor(
    readonly host: Host,
    private readonly paths: ReadonlyMap<Version, string>,
  ) {}

  static async on(host: Host): Promise<ServiceUnit> {
    const paths = new Map<Version, string>();
    for (const version of ["old", "new", "later"] as const) {
      const fill = entryPoint(activating(version), deactivating(version));
      paths.set(version, await storePathOn(host, `faults-${version}`, fill));
    }
    return new ServiceUnit(host, paths);
  }

  inputs(version: Version, again: string): object {
    return { name, sections: this.sections(version), restartTriggers: [again], settle: 0.2 };
  }

  /** A file that cannot be taken away again, or a unit that does not start any more. */
  spoilWayBack(attempt: Attempt, deployment: DeploymentKind): string {
    if (deployment === "update") return wayBackFails(attempt, "old.begin");
    if (deployment === "redeploy") return wayBackFails(attempt, "new.begin");
    attempt.afterwards(() => this.host.sh(`umount ${units}`));
    return `mount --bind ${units} ${units} && mount -o remount,bind,ro ${units}`;
  }

  /** The last look at the unit is taken when it is as good as done. */
  async holdCommit(attempt: Attempt): Promise<void> {
    await this.host.sh(`touch ${faultFolder}/hold`);
    await attempt.standIn(
      "base64",
      `#!/bin/sh
folder=${faultFolder}
if [ -e $folder/hold ] && grep -qx 'phase committing' "\${PULUMI_NIX_DEPLOYMENT:-}/record"; then ${holdStep}; fi
exec /usr/bin/base64 "$@"
`,
    );
  }

  async reset(): Promise<void> {
    await this.host.sh(`systemctl stop ${name} 2>/dev/null
      rm -rf ${units}/${name} ${units}/*.wants/${name} /var/lib/pulumi-nix
      systemctl daemon-reload; systemctl reset-failed`);
  }

  clear(): Promise<void> {
    return this.reset();
  }

  async observe(): Promise<Observed> {
    return observed(
      await this.host.sh(`
        echo "file $(sed -n 's/^ExecStart=//p' ${units}/${name} 2>/dev/null)"
        echo "enabled $(systemctl is-enabled ${name} 2>/dev/null)"
        echo "active $(systemctl show ${name} --property ActiveState --value)"
        echo "stale $(systemctl show ${name} --property NeedDaemonReload --value)"
        echo "runs $(ps -o args= -p "$(systemctl show ${name} --property MainPID --value)" 2>/dev/null)"
        echo "beside $(ls -A ${units} | grep -F pnf-faults | tr '\\n' ' ')"
        echo "running $(cat ${faultFolder}/running 2>/dev/null)"`),
    );
  }

  after(before: Observed, version: Version): Observed {
    const command = `/bin/sleep ${seconds[version]}`;
    const well = { enabled: "enabled", active: "active", stale: "no", beside: `${name} ` };
    return { ...before, ...well, file: command, runs: command, running: version };
  }

  private sections(version: Version): object {
    const path = this.paths.get(version) ?? "";
    return {
      Service: {
        ExecStartPre: `${path}/bin/pulumi-nix-activate`,
        ExecStart: `/bin/sleep ${seconds[version]}`,
        ExecStopPost: `${path}/bin/pulumi-nix-deactivate`,
      },
      Install: { WantedBy: "multi-user.target" },
    };
  }
}
