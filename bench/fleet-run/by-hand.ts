import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { output, run } from "../../test/fleet";
import { scratchFolder } from "../scratch";
import type { Payload } from "./payload";
import { addressOf, sshWords, type Place, type Target } from "./place";
import { isPreview, releaseOf, unitName, type Deployment, type Operation, type Subject } from "./subject";

/** nix-build, then for each host nix-copy-closure and one ssh that sets the profile and restarts the unit. */
export const byHand: Subject = handSubject("by-hand", 1);

/** The same with `xargs -P8`. */
export const byHandInParallel: Subject = handSubject("by-hand-parallel", 8);

function handSubject(name: string, channels: number): Subject {
  const subject: Subject = {
    name,
    deploys: true,
    begin: (payload, place) => Promise.resolve(new HandDeployment(subject, channels, payload, place)),
  };
  return subject;
}

class HandDeployment implements Deployment {
  private readonly hostsFile: string;

  constructor(
    private readonly subject: Subject,
    private readonly channels: number,
    private readonly payload: Payload,
    place: Place,
  ) {
    this.hostsFile = join(scratchFolder(), `${subject.name}-hosts`);
    writeFileSync(this.hostsFile, place.targets.map((target) => hostLine(target, place)).join(""));
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  has(operation: Operation): boolean {
    return !isPreview(operation);
  }

  // Without a state there is one kind of run that changes nothing: it looks at the hosts.
  async carryOut(operation: Operation): Promise<void> {
    const words = [
      join(__dirname, "by-hand.sh"),
      String(this.channels),
      this.hostsFile,
      unitName(this.subject),
    ];
    output(
      this.subject.name,
      await run(["sh", ...words, ...this.payload.nixArguments(releaseOf(operation))]),
    );
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}

/** A host for by-hand.sh: where to log in, and the options of ssh. */
function hostLine(target: Target, place: Place): string {
  return `${addressOf(target)} ${sshWords(target, place).join(" ")}\n`;
}
